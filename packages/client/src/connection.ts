import { afterClose, type Catalogue, type Command, type FrameReader, SUBPROTOCOL } from '@vitalwire/protocol';
import { backoff } from './backoff.ts';
import { type ConnectionEvent, type ConnectionState, failuresOf, transition } from './connection-state.ts';
import { ClientError } from './errors.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import type { Tap } from './inspect.ts';
import type { Settings } from './options.ts';
import { readClaims } from './token.ts';
import type { Transport } from './transport.ts';

/** What came in. */
export type Received = ReturnType<FrameReader<Catalogue>>;

/** Who uses a connection. */
export interface ConnectionOwner {
  /** The state changed. */
  changed(state: ConnectionState): void;
  /** A socket is open and `authenticate` is said: what else belongs into the first flight is sent now. */
  opened(): void;
  received(received: Received): void;
}

/** How long a connection has to hold before its failures are forgotten. */
const HEALTHY_MS = 5_000;
/**
 * How long an answer may take after the device woke up: short, since the connection is probably dead. With the spread,
 * a new one is under way within 2 s, though the clock has to be looked at before.
 */
const WAKE_TIMEOUT_MS = 1_000;
/** Devices that wake together, as their network came back, are spread over this time. */
const wakeSpread = () => Math.random() * 250;
/** A page that was put to sleep and runs on all the same waits this long. */
const ASLEEP_MS = 5_000;
/** Part of its remaining lifetime after which a token is replaced, ± 10 % so that clients do not ask all at once. */
const refreshPart = () => 0.7 + Math.random() / 5;
/** `setTimeout` overflows beyond 24.8 days. */
const MAX_TIMER_MS = 0x7fffffff;

/** Something that ends with an attempt. By the wall clock it is due at a time, also when its timer slept. */
interface Timer {
  readonly dueAt: number;
  run(): void;
  cancel: () => void;
}

/** The managed life of a connection over many sockets: the only owner of a socket and of its timers. */
export interface Connection {
  readonly state: ConnectionState;
  /** Whether commands can be sent. */
  readonly open: boolean;
  /** The `sub` of the token in use, when it can be read. */
  readonly user: string | undefined;
  /** Who watches. */
  readonly taps: Set<Tap>;
  /** Sends a command, when the socket is open. */
  send(command: Command): void;
  connect(): void;
  disconnect(): void;
  reconnect(): void;
  close(): void;
}

/** Creates a connection, which is `disconnected`. */
export function createConnection(
  settings: Settings,
  read: FrameReader<Catalogue>,
  owner: ConnectionOwner,
): Connection {
  const taps = new Set<Tap>();
  let state: ConnectionState = { name: 'disconnected' };
  /** Counts the attempts. What belongs to an earlier one than this is dropped. */
  let attempt = 0;
  let transport: Transport | undefined;
  let heartbeat: Heartbeat | undefined;
  let user: string | undefined;
  /** The latest token, and when it ends by this clock; `Infinity` when that is unknown or left to the server. */
  let latestToken: unknown;
  let expiresAt = Infinity;
  /** When the socket, or the way to one, was begun. */
  let begunAt = 0;
  /** What ends with this attempt: timers, and the request for a token. */
  const timers = new Set<Timer>();
  let listening: ((() => void) | undefined)[] = [];

  const tap: Tap = (...tapped) => {
    for (const show of taps) show(...tapped);
  };

  const apply = (event: ConnectionEvent): void => {
    const before = state;
    state = transition(before, event);
    if (state === before) return;
    if (state.name !== 'connected') end();
    switch (state.name) {
      case 'connecting':
        begin();
        break;
      case 'connected':
        if (state.failures > 0) later(HEALTHY_MS, () => apply({ type: 'healthy' }));
        break;
      case 'waiting':
        later(state.retryAt - Date.now(), connect);
        break;
      default:
        for (const stop of listening) stop?.();
        listening = [];
    }
    if (state.name !== before.name) {
      tap('state', state);
      owner.changed(state);
    }
  };

  const connect = () => apply({ type: 'connect' });

  /** Ends whatever is going on. Nothing of it is heard of again. */
  const end = (): void => {
    attempt++;
    for (const { cancel } of timers) cancel();
    heartbeat?.stop();
    heartbeat = undefined;
    transport?.close();
    transport = undefined;
  };

  /** Sets a timer of this attempt. */
  const later = (ms: number, run: () => void): Timer => {
    let id: ReturnType<typeof setTimeout>;
    const wait = (left: number) => {
      id = setTimeout(
        () => (left > MAX_TIMER_MS ? wait(left - MAX_TIMER_MS) : timer.run()),
        Math.min(Math.max(left, 0), MAX_TIMER_MS),
      );
    };
    const timer: Timer = {
      dueAt: Date.now() + ms,
      run() {
        timer.cancel();
        run();
      },
      cancel: () => {
        clearTimeout(id);
        timers.delete(timer);
      },
    };
    wait(ms);
    timers.add(timer);
    return timer;
  };

  const begin = (): void => {
    const { environment } = settings;
    begunAt = Date.now();
    if (listening.length === 0) {
      listening = [environment.onWake(wake), environment.onSleep?.(() => retry(ASLEEP_MS))];
    }
    askToken(openSocket, retry);
  };

  /** Asks for a token, with a time limit. What comes later, or after the end of this attempt, is dropped. */
  const askToken = (use: (token: string) => void, failed: () => void): void => {
    const request = new AbortController();
    const settle = (token: unknown, cause?: unknown) => {
      timer.cancel();
      const spent = token === latestToken && Date.now() >= expiresAt;
      if (token && typeof token === 'string' && !spent) {
        tap('token', 0);
        latestToken = token;
        const { exp = 0 } = readClaims(token);
        // A token that is over by this clock from the beginning is left to the server, whose clock counts.
        expiresAt = exp * 1_000 > Date.now() ? exp * 1_000 : Infinity;
        return use(token);
      }
      const final = (cause as ClientError | undefined)?.temporary === false;
      const message = spent ? 'getToken gave a token that is over' : 'getToken failed';
      settings.report(new ClientError('token', message, { temporary: !final, cause }));
      if (final) apply({ type: 'refused', reason: (cause as ClientError).code });
      else failed();
    };
    const timer = later(settings.timeoutMs, () => settle(undefined, 'timeout'));
    const { cancel } = timer;
    timer.cancel = () => {
      request.abort();
      cancel();
    };
    Promise.resolve({ signal: request.signal })
      .then(settings.getToken)
      // Too late, or nobody waits any more.
      .then(
        (token) => request.signal.aborted || settle(token),
        (error) => request.signal.aborted || settle(undefined, error),
      );
  };

  const openSocket = (token: string): void => {
    const mine = attempt;
    // A late callback of a dead socket does nothing.
    const own =
      <Values extends unknown[]>(run: (...values: Values) => void) =>
      (...values: Values) => {
        if (mine === attempt) run(...values);
      };
    transport = settings.transport(settings.url, SUBPROTOCOL, settings.timeoutMs, {
      opened: own(() => opened(token)),
      received: own(received),
      lost: own((code, reason) => lost(code, reason)),
    });
  };

  const opened = (token: string): void => {
    // The device slept since the token was given.
    if (Date.now() >= expiresAt) return retry();
    authenticate(token);
    // Pings at once, since the pong proves the token where no subscription does.
    heartbeat = startHeartbeat(
      settings.heartbeat,
      (id) => send({ type: 'ping', id }),
      (doubted) => retry(doubted ? wakeSpread() : undefined),
    );
    owner.opened();
  };

  const authenticate = (token: string): void => {
    user = readClaims(token).sub;
    send({ type: 'authenticate', token });
    if (expiresAt < Infinity) {
      const remaining = expiresAt - Date.now();
      later(Math.max(remaining * refreshPart(), 1_000), () => refresh(0));
    }
  };

  /** Replaces the token on the open connection. */
  const refresh = (failures: number): void => {
    askToken(
      (token) => {
        // Another user is another connection, with other positions.
        if (readClaims(token).sub === user) authenticate(token);
        else retry();
      },
      () => later(backoff(failures, settings.backoff), () => refresh(failures + 1)),
    );
  };

  const send = (command: Command): void => {
    if (!transport) return;
    const text = JSON.stringify(command);
    tap('out', text);
    transport.send(text);
  };

  const received = (text: string): void => {
    tap('in', text);
    const frame = read(text);
    const { message } = frame;
    heartbeat?.heard(message?.type === 'pong' ? message.data.id : undefined);
    if (message) {
      if (message.type === 'disconnect') {
        return lost(message.code, message.reason, message.reconnect, message.retry_after_ms);
      }
      if (message.type !== 'error') apply({ type: 'proved' });
    }
    owner.received(frame);
  };

  /** The connection ended, or has to. What the server said counts more than the code, which may be made up. */
  const lost = (
    code: number,
    reason: string,
    reconnect = afterClose(code) !== 'stop',
    withinMs?: number,
  ): void => {
    // Whatever this clock says, and also when the token cannot be read.
    if (afterClose(code) === 'refresh') expiresAt = 0;
    if (reconnect) return retry(withinMs && Math.random() * withinMs);
    const stopped = reason || String(code);
    settings.report(new ClientError(stopped, `the server closed with ${code}`));
    apply({ type: 'refused', reason: stopped });
  };

  const retry = (delay = backoff(failuresOf(state), settings.backoff)): void =>
    apply({ type: 'lost', retryAt: Date.now() + delay });

  /** The connection has this long to prove itself; an attempt that is older than that, to become one. */
  const wake = (): void => {
    const now = Date.now();
    // A token is due for its successor, or the request for one overdue.
    for (const { dueAt, run } of timers) if (dueAt <= now) run();
    if (state.name === 'waiting') return connect();
    if (state.name === 'connected') return heartbeat?.doubt(WAKE_TIMEOUT_MS);
    if (now - begunAt < WAKE_TIMEOUT_MS) return;
    later(WAKE_TIMEOUT_MS, () => {
      if (state.name === 'connecting') retry(wakeSpread());
    });
  };

  return {
    get state() {
      return state;
    },
    get open() {
      return heartbeat !== undefined;
    },
    get user() {
      return user;
    },
    taps,
    send,
    connect,
    disconnect: () => apply({ type: 'disconnect' }),
    reconnect: () => retry(),
    close: () => apply({ type: 'close' }),
  };
}
