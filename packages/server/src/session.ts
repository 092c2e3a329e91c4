import {
  type After,
  type CloseReason,
  type Command,
  closeCodeOf,
  closeCodes,
  decodeCommand,
  type ErrorCode,
  encodeMessage,
  errorCodes,
  type Position,
  ProtocolError,
  parseAfter,
  type Recovery,
} from '@vitalwire/protocol';
import type { Principal } from './auth/principal.ts';
import { Authentication } from './authentication.ts';
import { Cursor, type Outlet } from './cursor.ts';
import type { Selection } from './delivery.ts';
import type { Entrance } from './entrance.ts';
import { type LogUnavailableError, RequestError } from './errors.ts';
import { failureOf } from './failure.ts';
import { drawPingPayload, pingFrame, textFrame } from './frame.ts';
import { Inbound } from './inbound.ts';
import { Liveness } from './liveness.ts';
import type { Topic } from './log/log-store.ts';
import type { ConnectionEnd } from './metrics.ts';
import { Proof } from './proof.ts';
import type { SessionContext } from './session-context.ts';
import type { Socket, SocketListener } from './socket.ts';
import { isThenable } from './thenable.ts';
import { timestampOf } from './timestamp.ts';

const NO_CURSORS: readonly Cursor[] = [];
const DONE = Promise.resolve();

/** One connection's conversation. It ends with its socket; what outlives it are positions. */
export class Session implements SocketListener, Outlet {
  readonly id: string;
  // First what every delivery needs: what lies together is fetched together.
  readonly #context: SessionContext;
  readonly #socket: Socket;
  readonly #compresses: boolean;
  #closed = false;
  /** Something waits for the peer, since a write and until the socket has drained. */
  #waits = false;
  /** Said already: leaves in one write with what is said next, at the latest when this turn ends. */
  #held: Uint8Array | undefined;
  /** Bytes sent so far. */
  #sent = 0;
  /** Until then publications are merely written: the token counts, and no ping may be sent. By the clock that never jumps. */
  #settledUntil = 0;
  readonly #proof = new Proof();
  /** Of a connection for one diagnosis: which one, when it has a name that one can have. */
  readonly #single: { diagnosisId: number | undefined } | undefined;
  readonly #openedAt: number;
  readonly #liveness: Liveness;
  /** By topic; few, so that looking for one is quick. */
  #cursors: readonly Cursor[] = NO_CURSORS;
  readonly #inbound: Inbound;
  readonly #authentication: Authentication;
  /** An authentication that takes its time: the commands behind it wait. */
  #authenticating: Promise<void> | undefined;
  #pendingCommands = 0;

  constructor(id: string, context: SessionContext, socket: Socket, entrance: Entrance) {
    this.id = id;
    this.#context = context;
    this.#socket = socket;
    this.#compresses = socket.compresses;
    this.#single = entrance.kind === 'single' ? { diagnosisId: entrance.diagnosisId } : undefined;
    this.#inbound = new Inbound(socket);
    this.#openedAt = context.clock.elapsed();
    this.#liveness = new Liveness(context.timing, this.#openedAt);
    this.#authentication = new Authentication(context);
    context.hub.add(this);
    context.metrics.connectionOpened();
    if (entrance.kind === 'single') this.#openSingle(entrance);
  }

  /** Who it is, once that is proven, by the newest token. */
  get principal(): Principal | undefined {
    return this.#authentication.principal;
  }

  get userId(): string | undefined {
    return this.principal?.userId;
  }

  // Outlet: what cursors hand over

  get writable(): boolean {
    if (!this.#waits) return !this.#closed;
    return !this.#closed && this.#socket.waitingBytes < this.#context.limits.maxBufferedBytes;
  }

  opened(cursor: Cursor, recovery: Recovery, top: Position): void {
    if (recovery.status === 'gap') {
      this.#context.metrics.gap(recovery.reason);
      this.#say('info', { diagnosis_id: cursor.topic, reason: recovery.reason }, 'gap');
    }
    const message = encodeMessage({
      type: 'connect',
      diagnosis_id: cursor.topic,
      data: {
        message: `Subscribed to diagnosis ${cursor.topic}`,
        user_id: cursor.userId,
        session_id: this.id,
        epoch: top.epoch,
        offset: top.offset,
        recovery,
      },
      timestamp: this.#timestamp(),
    });
    this.#hold(textFrame(message));
  }

  deliver(_: Cursor, selection: Selection, now = this.#context.clock.elapsed()): void {
    if (now >= this.#settledUntil) return this.#deliverProvably(selection, now);
    this.#context.metrics.delivered(selection.count);
    this.#send(this.#compresses ? selection.compressed : selection.bytes);
  }

  halted(cursor: Cursor, error: LogUnavailableError): void {
    this.#say('warn', { diagnosis_id: cursor.topic, err: error }, 'log cannot be read now');
  }

  failed(cursor: Cursor, error: unknown): void {
    this.#say('error', { diagnosis_id: cursor.topic, err: error }, 'log cannot be read');
    this.end('overloaded');
  }

  // SocketListener: what the peer does

  message(text: string): void {
    if (this.#closed) return;
    this.#liveness.heard(this.#context.clock.elapsed());
    if (!this.principal && Buffer.byteLength(text) > this.#context.limits.maxUnauthenticatedFrameBytes) {
      return this.end('message_too_big');
    }
    try {
      this.#receive(decodeCommand(text));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.code === 'invalid_json') return this.end('not_json');
      this.#receive(error);
    }
  }

  binary(): void {
    this.end('not_json');
  }

  pong(payload: number): void {
    const asked = this.#proof.settle(payload);
    if (!asked) return;
    this.#liveness.ponged(this.#context.clock.elapsed(), this.#sent);
    for (const { topic, userId, asked: position } of asked) {
      if (position) this.#context.receipts.add({ topic, userId, position });
    }
  }

  drained(): void {
    this.#waits = false;
    this.#inbound.goOn('answers');
    for (const cursor of this.#cursors) cursor.drained();
  }

  closed(code: number): void {
    if (this.#closed) return;
    this.#release(code === 1006 ? 'lost' : 'peer');
    this.#say('info', { code }, 'connection closed');
  }

  /** Looks at the time; called about every second. */
  tick(): void {
    if (this.#closed) return;
    const now = this.#context.clock.elapsed();
    if (!this.principal && now - this.#openedAt >= this.#context.timing.authenticationTimeoutMs) {
      return this.end('authentication_timeout');
    }
    if (this.#authentication.validMs <= 0) return this.end('token_expired');
    let unproven = false;
    for (const cursor of this.#cursors) {
      cursor.retry();
      if (cursor.unproven) unproven = true;
    }
    const verdict = this.#liveness.verdict(now, this.#sent, this.#socket.waitingBytes);
    if (verdict === 'dead') return this.cut();
    if (verdict === 'stalled') return this.end('stalled');
    // With a publication it costs less, so it goes alone only when none came for as long again.
    const late = now - this.#context.timing.receiptIntervalMs;
    if (verdict === 'ping' || (unproven && this.#liveness.mayProve(late))) this.#ping(now);
  }

  /** Says goodbye and closes. */
  end(reason: CloseReason, retryAfterMs?: number): void {
    if (this.#closed) return;
    const code = closeCodeOf(reason);
    this.#sendMessage({
      type: 'disconnect',
      code,
      reason,
      reconnect: closeCodes.find((row) => row.reason === reason)?.action !== 'stop',
      ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
    });
    this.#release(reason);
    this.#say('info', { code, reason }, 'connection ended');
    this.#socket.close(code, reason);
  }

  /** Ends a connection whose peer does not answer. */
  cut(): void {
    if (this.#closed) return;
    this.#release('lost');
    this.#say('info', {}, 'connection cut');
    this.#socket.terminate();
  }

  #release(reason: ConnectionEnd): void {
    this.#closed = true;
    this.#inbound.release();
    for (const cursor of this.#cursors) this.#leave(cursor);
    this.#context.hub.remove(this, this.userId);
    this.#context.metrics.connectionClosed(reason);
  }

  // Commands

  /** Takes a command, or what is wrong with it: a refusal keeps its place in the order. */
  #receive(command: Command | ProtocolError): void {
    if (++this.#pendingCommands === this.#context.limits.maxPendingCommands) this.#inbound.stop('commands');
    if (!(command instanceof ProtocolError) && command.type === 'authenticate') {
      const { token } = command;
      this.#authenticating =
        this.#authenticating?.then(() => this.#authenticate(token)) ?? this.#authenticate(token);
    }
    this.#handle(command);
  }

  /** Most are handled at once: what waits has to be held by promises. */
  #handle(command: Command | ProtocolError): void {
    try {
      const executing =
        this.#authenticating === undefined
          ? this.#execute(command)
          : this.#authenticating.then(() => this.#execute(command));
      if (executing === undefined) return this.#handled();
      void executing.catch((error: unknown) => this.#fail(error)).then(() => this.#handled());
    } catch (error) {
      this.#fail(error);
      this.#handled();
    }
  }

  /** A command is done, whatever came of it. */
  #handled(): void {
    if (this.#pendingCommands-- === this.#context.limits.maxPendingCommands) this.#inbound.goOn('commands');
    // Whoever takes no answers is asked nothing more, so that they do not pile up here.
    if (!this.#closed && !this.writable) this.#inbound.stop('answers');
  }

  /** Only a subscription takes its time. */
  #execute(command: Command | ProtocolError): void | Promise<void> {
    if (command instanceof ProtocolError) return this.#refuse(command.code as ErrorCode, command.message);
    if (this.#closed || command.type === 'authenticate') return;
    if (command.type === 'ping') return this.#answerPing(command);
    if (this.#single) {
      return this.#refuse('unsupported_command', `${command.type} is not available on this path`);
    }
    const topic = command.diagnosis_id;
    if (!this.principal) return this.#refuse('not_authenticated', 'authenticate first', topic);
    if (command.type === 'unsubscribe') return this.#unsubscribe(topic);
    if (this.#cursorOf(topic)) return this.#refuse('already_subscribed', 'already subscribed', topic);
    if (this.#cursors.length >= this.#context.limits.maxSubscriptions) {
      return this.#refuse(
        'too_many_subscriptions',
        `at most ${this.#context.limits.maxSubscriptions}`,
        topic,
      );
    }
    const after = command.after === undefined ? undefined : parseAfter(command.after);
    return this.#subscribe(this.principal, topic, after);
  }

  #answerPing({ id }: { id?: string | number | undefined }): void {
    this.#sendMessage({
      type: 'pong',
      diagnosis_id: this.#single?.diagnosisId,
      data: id === undefined ? {} : { id },
      timestamp: this.#timestamp(),
    });
  }

  /** @throws {RequestError} when the principal may not subscribe on a connection for nothing else. */
  async #subscribe(principal: Principal, topic: Topic, after: After | undefined): Promise<void> {
    const { hub, log, reads, receipts, access, metrics } = this.#context;
    const cursor = new Cursor(topic, principal.userId, reads, this);
    // Known at once, so that an unsubscribe finds it; it joins its audience only when access is proven.
    // Not by spreading, which makes room for sixteen more.
    this.#cursors = this.#cursors.concat(cursor);
    try {
      const checking = access.check(principal, 'subscribe', topic);
      if (checking !== undefined) await checking;
      const from = after ?? (await receipts.of(topic, principal.userId));
      if (!this.#cursors.includes(cursor)) return;
      metrics.subscriptions(1);
      this.#say('debug', { diagnosis_id: topic }, 'subscribed');
      await cursor.open(hub.join(cursor), from, log.nodes);
    } catch (error) {
      const refused = error instanceof RequestError;
      // It was unsubscribed meanwhile: the peer was promised to hear no more of it, so a refusal comes too late.
      if (!this.#cursors.includes(cursor) && refused) return;
      if (this.#cursors.includes(cursor)) this.#leave(cursor);
      if (this.#single || !refused) throw error;
      this.#refuse(error.code, error.message, topic);
    }
  }

  #cursorOf(topic: Topic): Cursor | undefined {
    return this.#cursors.find((cursor) => cursor.topic === topic);
  }

  #unsubscribe(topic: Topic): void {
    const cursor = this.#cursorOf(topic);
    if (!cursor) return this.#refuse('not_subscribed', 'not subscribed', topic);
    this.#leave(cursor);
  }

  #leave(cursor: Cursor): void {
    cursor.close();
    this.#cursors = this.#cursors.length > 1 ? this.#cursors.filter((other) => other !== cursor) : NO_CURSORS;
    const audience = this.#context.hub.leave(cursor);
    if (!audience) return;
    this.#context.metrics.subscriptions(-1);
    // Nobody waits for this: until it is done, announcements are heard that concern nobody here.
    this.#context.log.nodes?.attend(cursor.topic, audience.users).catch((error: unknown) => {
      this.#say('debug', { diagnosis_id: cursor.topic, err: error }, 'end of a subscription not told');
    });
  }

  // Authentication

  /** Most tokens are verified at once; of the others it resolves when they are. Never throws. */
  #authenticate(token: string): Promise<void> | undefined {
    if (this.#closed) return undefined;
    try {
      const verified = this.#authentication.verify(token);
      if (isThenable(verified)) return this.#acceptLater(verified);
      this.#accept(verified);
    } catch (error) {
      this.#fail(error);
    }
    return undefined;
  }

  async #acceptLater(verified: Promise<Principal | CloseReason>): Promise<void> {
    try {
      this.#accept(await verified);
    } catch (error) {
      this.#fail(error);
    }
  }

  #accept(verified: Principal | CloseReason): void {
    if (this.#closed) return;
    if (typeof verified === 'string') return this.end(verified);
    this.#settledUntil = 0;
    const accepted = this.#authentication.accept(verified);
    if (accepted === 'foreign') this.end('access_denied');
    else if (accepted === 'renewed') this.#recheckAll(verified);
    else this.#admit(verified);
  }

  #admit({ userId }: Principal): void {
    const { hub, limits } = this.#context;
    if (!hub.identify(this, userId, limits.maxConnectionsPerUser)) return this.end('overloaded');
    this.#say('debug', {}, 'authenticated');
  }

  /** What a new token does not own any more ends. */
  #recheckAll(principal: Principal): void {
    for (const cursor of this.#cursors) {
      this.#recheck(principal, cursor).catch((error: unknown) => this.#fail(error));
    }
  }

  async #recheck(principal: Principal, cursor: Cursor): Promise<void> {
    try {
      await this.#context.access.check(principal, 'subscribe', cursor.topic);
    } catch (error) {
      if (!(error instanceof RequestError) || this.#single) throw error;
      if (this.#closed || !this.#cursors.includes(cursor)) return;
      this.#leave(cursor);
      this.#refuse(error.code, error.message, cursor.topic);
    }
  }

  #openSingle({ token, diagnosisId, after }: Extract<Entrance, { kind: 'single' }>): void {
    // Once the socket knows whom to tell what happens to it.
    this.#authenticating = Promise.resolve().then(() => this.#authenticate(token));
    void this.#authenticating
      .then(async () => {
        if (this.#closed || !this.principal) return;
        if (diagnosisId === undefined) return this.end('diagnosis_not_found');
        const from = after === undefined ? undefined : parseAfter(after);
        if (after !== undefined && from === undefined) return this.end('invalid_position');
        await this.#subscribe(this.principal, diagnosisId, from);
      })
      .catch((error: unknown) => this.#fail(error));
  }

  /** Ends the session for what went wrong in it. */
  #fail(error: unknown): void {
    if (this.#closed) return;
    const code = error instanceof RequestError ? error.code : 'internal_error';
    if (code === 'access_denied' || code === 'diagnosis_not_found') return this.end(code);
    this.#say('error', failureOf(error), 'session failed');
    this.end(errorCodes[code].temporary && code !== 'internal_error' ? 'overloaded' : 'internal_error');
  }

  // Sending

  /** Sends publications, with a ping that proves them if one may be sent now. */
  #deliverProvably(selection: Selection, now: number): void {
    const validMs = this.#authentication.validMs;
    // Checked at use as well: a timer may be late, and nothing is delivered after the token's end.
    if (validMs <= 0) return this.end('token_expired');
    this.#context.metrics.delivered(selection.count);
    if (this.#liveness.mayProve(now)) {
      const { bytes, payload } = selection.provable(this.#compresses);
      this.#begin(payload, now);
      this.#send(bytes);
    } else this.#send(this.#compresses ? selection.compressed : selection.bytes);
    // Mostly later than a ping may be sent, so that those of many sessions go with different publications; and never so late
    // that a ping would go alone.
    const provableFrom = this.#liveness.provableFrom + Math.random() * this.#context.timing.receiptIntervalMs;
    // A whole number needs no memory of its own.
    this.#settledUntil = Math.floor(Math.min(provableFrom, now + validMs));
  }

  /** Sends a ping, which proves receipt of everything before it. */
  #ping(now: number): void {
    const payload = drawPingPayload();
    this.#begin(payload, now);
    this.#send(pingFrame(payload));
  }

  #begin(payload: number, now: number): void {
    this.#liveness.pinged(now);
    this.#proof.begin(payload, this.#cursors);
  }

  #refuse(code: ErrorCode, message: string, diagnosisId?: number): void {
    if (this.#closed) return;
    this.#say('info', { code, diagnosis_id: diagnosisId }, 'command refused');
    this.#sendMessage({
      type: 'error',
      code,
      message,
      ...(diagnosisId !== undefined && { diagnosis_id: diagnosisId }),
    });
  }

  #sendMessage(message: Parameters<typeof encodeMessage>[0]): void {
    this.#send(textFrame(encodeMessage(message)));
  }

  /** Publications mostly follow at once what opens their subscription. */
  #hold(frames: Uint8Array): void {
    this.#sendHeld();
    this.#held = frames;
    // Cheaper than `process.nextTick`, and as soon.
    void DONE.then(() => this.#sendHeld());
  }

  #sendHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#send(held);
  }

  #send(frames: Uint8Array): void {
    const held = this.#held;
    if (this.#closed) return;
    this.#sent += frames.byteLength;
    if (held === undefined) {
      // Nearly always; then there is nothing to put together.
      if (!this.#socket.write(frames)) this.#waits = true;
      return;
    }
    this.#held = undefined;
    this.#sent += held.byteLength;
    if (!this.#socket.writeTogether([held, frames])) this.#waits = true;
  }

  #timestamp(): string {
    return timestampOf(this.#context.clock.now());
  }

  #say(level: 'debug' | 'info' | 'warn' | 'error', fields: object, message: string): void {
    this.#context.logger[level]({ session_id: this.id, user_id: this.userId, ...fields }, message);
  }
}
