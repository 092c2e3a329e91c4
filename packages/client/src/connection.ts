import { afterClose, type Catalogue, type Command, type FrameReader, SUBPROTOCOL } from '@vitalwire/protocol';
import { backoff } from './backoff.ts';
import { type ConnectionEvent, type ConnectionState, transition } from './connection-state.ts';
import { ClientError } from './errors.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
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
/** How long an answer may take after the device woke up: short, since the connection is probably dead. */
const WAKE_TIMEOUT_MS = 2_000;
/** Part of its remaining lifetime after which a token is replaced, ± 10 % so that clients do not ask all at once. */
const refreshPart = () => 0.7 + Math.random() / 5;
/** `setTimeout` overflows beyond 24.8 days. */
const MAX_TIMER_MS = 0x7fffffff;

/** The managed life of a connection over many sockets: the only owner of a socket and of its timers. */
export class Connection {
  readonly #settings: Settings;
  readonly #read: FrameReader<Catalogue>;
  readonly #owner: ConnectionOwner;
  #state: ConnectionState = { name: 'disconnected' };
  /** Counts the attempts. What belongs to an earlier one than this is dropped. */
  #attempt = 0;
  #transport: Transport | undefined;
  #heartbeat: Heartbeat | undefined;
  #user: string | undefined;
  /** What ends with this attempt: timers, and the request for a token. */
  #timers = new Set<() => void>();
  #stopListening: (() => void) | undefined;

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
    this.#transport?.send(JSON.stringify(command));
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

  #apply(event: ConnectionEvent): void {
    const before = this.#state;
    const { state, effect } = transition(before, event);
    this.#state = state;
    if (effect) this.#end();
    if (effect === 'open') this.#open();
    if (state.name === 'waiting' && effect === 'wait') {
      this.#later(state.retryAt - Date.now(), () => this.connect());
    }
    if (effect === 'rest') {
      this.#stopListening?.();
      this.#stopListening = undefined;
    }
    if (event.type === 'proved') this.#later(HEALTHY_MS, () => this.#apply({ type: 'healthy' }));
    if (state.name !== before.name) this.#owner.changed(state);
  }

  /** Ends whatever is going on. Nothing of it is heard of again. */
  #end(): void {
    this.#attempt++;
    for (const cancel of [...this.#timers]) cancel();
    this.#heartbeat?.stop();
    this.#heartbeat = undefined;
    this.#transport?.close();
    this.#transport = undefined;
  }

  /** Sets a timer of this attempt. Returns the function that cancels it. */
  #later(ms: number, run: () => void): () => void {
    const timer = setTimeout(
      () => {
        cancel();
        if (ms > MAX_TIMER_MS) this.#later(ms - MAX_TIMER_MS, run);
        else run();
      },
      Math.min(Math.max(ms, 0), MAX_TIMER_MS),
    );
    const cancel = () => {
      clearTimeout(timer);
      this.#timers.delete(cancel);
    };
    this.#timers.add(cancel);
    return cancel;
  }

  #open(): void {
    this.#stopListening ??= this.#settings.environment.onWake(() => this.#wake());
    this.#askToken(
      (token) => this.#openSocket(token),
      () => this.#lost(),
    );
  }

  /** Asks for a token, with a time limit. What comes later, or after the end of this attempt, is dropped. */
  #askToken(use: (token: string) => void, failed: () => void): void {
    const attempt = this.#attempt;
    const request = new AbortController();
    const abort = () => request.abort();
    const settle = (token: unknown, cause?: unknown) => {
      if (!pending || attempt !== this.#attempt) return;
      pending = false;
      cancel();
      abort();
      this.#timers.delete(abort);
      if (token && typeof token === 'string') return use(token);
      this.#settings.report(new ClientError('token', 'getToken failed', { temporary: true, cause }));
      failed();
    };
    let pending = true;
    const cancel = this.#later(this.#settings.timeoutMs, () => settle(undefined, 'timeout'));
    this.#timers.add(abort);
    Promise.resolve({ signal: request.signal })
      .then(this.#settings.getToken)
      .then(settle, (error) => settle(undefined, error));
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
    this.#authenticate(token);
    // Pings at once, since the pong proves the token where no subscription does.
    this.#heartbeat = startHeartbeat(
      this.#settings.heartbeat,
      () => this.send({ type: 'ping' }),
      () => this.#lost(),
    );
    this.#owner.opened();
  }

  #authenticate(token: string): void {
    const { sub, exp } = readClaims(token);
    this.#user = sub;
    this.send({ type: 'authenticate', token });
    const remaining = exp ? exp * 1_000 - Date.now() : 0;
    // A token that is over by this clock is left to the server, whose clock counts.
    if (remaining > 0) this.#later(Math.max(remaining * refreshPart(), 1_000), () => this.#refresh(0));
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
    this.#heartbeat?.heard();
    const received = this.#read(text);
    if ('message' in received) {
      const { message } = received;
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
    if (!reconnect) {
      const stopped = reason || String(code);
      this.#settings.report(new ClientError(stopped, `the server closed with ${code}`));
      return this.#apply({ type: 'refused', reason: stopped });
    }
    const failures = 'failures' in this.#state ? this.#state.failures : 0;
    const delay =
      withinMs === undefined
        ? backoff(failures, Math.random(), this.#settings.backoff)
        : Math.random() * withinMs;
    this.#apply({ type: 'lost', retryAt: Date.now() + delay });
  }

  #wake(): void {
    if (this.#state.name === 'waiting') this.connect();
    else this.#heartbeat?.doubt(WAKE_TIMEOUT_MS);
  }
}
