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
const WAKE_SPREAD_MS = 250;
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
export class Connection {
  readonly #settings: Settings;
  readonly #read: FrameReader<Catalogue>;
  readonly #owner: ConnectionOwner;
  /** Who watches. */
  readonly taps = new Set<Tap>();
  #state: ConnectionState = { name: 'disconnected' };
  /** Counts the attempts. What belongs to an earlier one than this is dropped. */
  #attempt = 0;
  #transport: Transport | undefined;
  #heartbeat: Heartbeat | undefined;
  #user: string | undefined;
  /** The latest token, and when it ends by this clock; `Infinity` when that is unknown or left to the server. */
  #token: unknown;
  #expiresAt = Infinity;
  /** When the socket, or the way to one, was begun. */
  #begunAt = 0;
  /** What ends with this attempt: timers, and the request for a token. */
  #timers = new Set<Timer>();
  #listening: ((() => void) | undefined)[] = [];

  constructor(settings: Settings, read: FrameReader<Catalogue>, owner: ConnectionOwner) {
    this.#settings = settings;
    this.#read = read;
    this.#owner = owner;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether commands can be sent. */
  get open(): boolean {
    return this.#heartbeat !== undefined;
  }

  /** The `sub` of the token in use, when it can be read. */
  get user(): string | undefined {
    return this.#user;
  }

  /** Sends a command, when the socket is open. */
  send(command: Command): void {
    const text = JSON.stringify(command);
    if (this.#transport) this.#tap('out', text);
    this.#transport?.send(text);
  }

  connect(): void {
    this.#apply({ type: 'connect' });
  }

  disconnect(): void {
    this.#apply({ type: 'disconnect' });
  }

  reconnect(): void {
    this.#lost();
  }

  close(): void {
    this.#apply({ type: 'close' });
  }

  #tap(...tapped: Parameters<Tap>): void {
    for (const tap of this.taps) tap(...tapped);
  }

  #apply(event: ConnectionEvent): void {
    const before = this.#state;
    const state = transition(before, event);
    if (state === before) return;
    this.#state = state;
    if (state.name !== 'connected') this.#end();
    switch (state.name) {
      case 'connecting':
        this.#open();
        break;
      case 'connected':
        if (state.failures > 0) this.#later(HEALTHY_MS, () => this.#apply({ type: 'healthy' }));
        break;
      case 'waiting':
        this.#later(state.retryAt - Date.now(), () => this.connect());
        break;
      default:
        for (const stop of this.#listening) stop?.();
        this.#listening = [];
    }
    if (state.name !== before.name) {
      this.#tap('state', state);
      this.#owner.changed(state);
    }
  }

  /** Ends whatever is going on. Nothing of it is heard of again. */
  #end(): void {
    this.#attempt++;
    for (const { cancel } of [...this.#timers]) cancel();
    this.#heartbeat?.stop();
    this.#heartbeat = undefined;
    this.#transport?.close();
    this.#transport = undefined;
  }

  /** Sets a timer of this attempt. */
  #later(ms: number, run: () => void): Timer {
    const id = setTimeout(
      () => {
        if (ms <= MAX_TIMER_MS) return timer.run();
        timer.cancel();
        this.#later(ms - MAX_TIMER_MS, run);
      },
      Math.min(Math.max(ms, 0), MAX_TIMER_MS),
    );
    const timer: Timer = {
      dueAt: Date.now() + ms,
      run() {
        timer.cancel();
        run();
      },
      cancel: () => {
        clearTimeout(id);
        this.#timers.delete(timer);
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  #open(): void {
    const { environment } = this.#settings;
    this.#begunAt = Date.now();
    if (this.#listening.length === 0) {
      this.#listening = [
        environment.onWake(() => this.#wake()),
        environment.onSleep?.(() => this.#apply({ type: 'lost', retryAt: Date.now() + ASLEEP_MS })),
      ];
    }
    this.#askToken(
      (token) => this.#openSocket(token),
      () => this.#lost(),
    );
  }

  /** Asks for a token, with a time limit. What comes later, or after the end of this attempt, is dropped. */
  #askToken(use: (token: string) => void, failed: () => void): void {
    const request = new AbortController();
    const settle = (token: unknown, cause?: unknown) => {
      timer.cancel();
      const spent = token === this.#token && Date.now() >= this.#expiresAt;
      if (token && typeof token === 'string' && !spent) {
        this.#tap('token', 0);
        this.#token = token;
        const { exp = 0 } = readClaims(token);
        // A token that is over by this clock from the beginning is left to the server, whose clock counts.
        this.#expiresAt = exp * 1_000 > Date.now() ? exp * 1_000 : Infinity;
        return use(token);
      }
      const final = (cause as ClientError | undefined)?.temporary === false;
      const message = spent ? 'getToken gave a token again that is over' : 'getToken failed';
      this.#settings.report(new ClientError('token', message, { temporary: !final, cause }));
      if (final) this.#apply({ type: 'refused', reason: (cause as ClientError).code });
      else failed();
    };
    const timer = this.#later(this.#settings.timeoutMs, () => settle(undefined, 'timeout'));
    const { cancel } = timer;
    timer.cancel = () => {
      request.abort();
      cancel();
    };
    Promise.resolve({ signal: request.signal })
      .then(this.#settings.getToken)
      // Too late, or nobody waits any more.
      .then(
        (token) => request.signal.aborted || settle(token),
        (error) => request.signal.aborted || settle(undefined, error),
      );
  }

  #openSocket(token: string): void {
    const attempt = this.#attempt;
    // A late callback of a dead socket does nothing.
    const mine =
      <Values extends unknown[]>(run: (...values: Values) => void) =>
      (...values: Values) => {
        if (attempt === this.#attempt) run(...values);
      };
    this.#transport = this.#settings.transport(this.#settings.url, SUBPROTOCOL, this.#settings.timeoutMs, {
      opened: mine(() => this.#opened(token)),
      received: mine((text) => this.#received(text)),
      lost: mine((code, reason) => this.#lost(code, reason)),
    });
  }

  #opened(token: string): void {
    // The device slept since the token was given.
    if (Date.now() >= this.#expiresAt) return this.#lost();
    this.#authenticate(token);
    // Pings at once, since the pong proves the token where no subscription does.
    this.#heartbeat = startHeartbeat(
      this.#settings.heartbeat,
      (id) => this.send({ type: 'ping', ...(id && { id }) }),
      (doubted) => this.#lost(1006, '', true, doubted ? WAKE_SPREAD_MS : undefined),
    );
    this.#owner.opened();
  }

  #authenticate(token: string): void {
    this.#user = readClaims(token).sub;
    this.send({ type: 'authenticate', token });
    if (this.#expiresAt < Infinity) {
      const remaining = this.#expiresAt - Date.now();
      this.#later(Math.max(remaining * refreshPart(), 1_000), () => this.#refresh(0));
    }
  }

  /** Replaces the token on the open connection. */
  #refresh(failures: number): void {
    this.#askToken(
      (token) => {
        // Another user is another connection, with other positions.
        if (readClaims(token).sub === this.#user) this.#authenticate(token);
        else this.#lost();
      },
      () =>
        this.#later(backoff(failures, Math.random(), this.#settings.backoff), () =>
          this.#refresh(failures + 1),
        ),
    );
  }

  #received(text: string): void {
    this.#tap('in', text);
    const received = this.#read(text);
    const { message } = received;
    this.#heartbeat?.heard(message?.type === 'pong' ? message.data.id : undefined);
    if (message) {
      if (message.type === 'disconnect') {
        return this.#lost(message.code, message.reason, message.reconnect, message.retry_after_ms);
      }
      if (message.type !== 'error' && this.#state.name === 'connecting') {
        this.#apply({ type: 'proved' });
      }
    }
    this.#owner.received(received);
  }

  /** The connection ended, or has to. What the server said counts more than the code, which may be made up. */
  #lost(code = 1006, reason = '', reconnect = afterClose(code) !== 'stop', withinMs?: number): void {
    // Whatever this clock says, and also when the token cannot be read.
    if (afterClose(code) === 'refresh') this.#expiresAt = 0;
    if (!reconnect) {
      const stopped = reason || String(code);
      this.#settings.report(new ClientError(stopped, `the server closed with ${code}`));
      return this.#apply({ type: 'refused', reason: stopped });
    }
    const delay =
      withinMs === undefined
        ? backoff(failuresOf(this.#state), Math.random(), this.#settings.backoff)
        : Math.random() * withinMs;
    this.#apply({ type: 'lost', retryAt: Date.now() + delay });
  }

  /** The connection has this long to prove itself; an attempt that is older than that, to become one. */
  #wake(): void {
    const now = Date.now();
    for (const timer of [...this.#timers]) {
      // A token is due for its successor, or the request for one overdue. An earlier timer may have ended the others.
      if (timer.dueAt <= now && this.#timers.has(timer)) timer.run();
    }
    if (this.#state.name === 'waiting') return this.connect();
    if (this.#state.name === 'connected') return this.#heartbeat?.doubt(WAKE_TIMEOUT_MS);
    if (now - this.#begunAt < WAKE_TIMEOUT_MS) return;
    this.#later(WAKE_TIMEOUT_MS, () => {
      if (this.#state.name === 'connecting') this.#lost(1006, '', true, WAKE_SPREAD_MS);
    });
  }
}
