import {
  afterClose,
  catalogue,
  createMessageDecoder,
  formatPosition,
  type Position,
  parsePosition,
  type Recovery,
  type ServerMessage,
  SUBPROTOCOL,
} from '@vitalwire/protocol';
import WebSocket from 'ws';
import type { RecordedRecovery, SubscriberKind } from '../history.ts';
import type { Recorder } from '../history-file.ts';
import { digestOf, readPayload } from '../payload.ts';
import { claimsNeeded, explainFailure, VerifyProblem } from './problem.ts';
import type { Random } from './random.ts';
import type { Target } from './target.ts';

type Publication = Extract<ServerMessage, { offset: number }>;
type Connected = Extract<ServerMessage, { type: 'connect' }>;

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A connection that has brought nothing for so long, not even an answer to a ping, is given up. */
const SILENCE_MS = 15_000;
const PING_MS = 5_000;
/** Between attempts to connect; long enough to miss something. */
const SHORTEST_WAIT_MS = 1_500;
const LONGEST_WAIT_MS = 6_000;

const decode = createMessageDecoder(catalogue);

/** What a subscriber is made of. */
export interface SubscriberOptions {
  readonly name: string;
  /** `plain`: `GET /ws/{diagnosis_id}?after=…`. `client`: `GET /ws` with the subprotocol. Both hold a position. */
  readonly kind: SubscriberKind;
  readonly target: Target;
  readonly recorder: Recorder;
  readonly random: Random;
  /** Where it begins; with the newest publication when absent. */
  readonly after?: Position;
  /** Called when the deployment refuses for good. */
  readonly onProblem: (problem: VerifyProblem) => void;
}

/**
 * One subscriber of the deployment: it records what arrives, in the order in which it arrives, and does not mend it. It
 * reconnects and resumes from its position whenever its connection ends, also when it cut it itself.
 */
export class DeploymentSubscriber {
  readonly name: string;
  readonly #options: SubscriberOptions;
  #socket: WebSocket | undefined;
  #position: Position | undefined;
  /** Publications count from `connect` on; before it they belong to a subscription that was left. */
  #joined = false;
  #recoveredUpTo = 0;
  /** The cut that waits for its recovery. */
  #fault: string | undefined;
  /** Cut after so many more publications: in the middle of a recovery. */
  #cutIn = Number.POSITIVE_INFINITY;
  #failures = 0;
  #heardAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: SubscriberOptions) {
    this.name = options.name;
    this.#options = options;
    this.#position = options.after;
  }

  /** Everything up to here arrived, or was announced as missing; `undefined` before the first connection. */
  get position(): Position | undefined {
    return this.#position;
  }

  connect(): void {
    const { target, kind } = this.#options;
    const { ws, token, diagnosisId } = target;
    const query = new URLSearchParams({ token, after: this.#after() });
    const socket =
      kind === 'plain'
        ? new WebSocket(`${ws}/ws/${diagnosisId}?${query}`, { ...SETTINGS })
        : new WebSocket(`${ws}/ws`, [SUBPROTOCOL], { ...SETTINGS });
    this.#socket = socket;
    this.#joined = false;
    this.#heardAt = performance.now();
    socket.on('open', () => {
      if (kind === 'client') this.#say({ type: 'authenticate', token });
      if (kind === 'client') this.#subscribe();
    });
    socket.on('message', (data) => this.#take(socket, String(data)));
    for (const sign of ['message', 'ping', 'pong'] as const) socket.on(sign, () => this.#heard());
    socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      request.destroy();
      this.#refused(socket, statusCode);
    });
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', (code, reason) => this.#closed(socket, code, String(reason)));
    const watch = setInterval(() => this.#watch(socket), PING_MS);
    socket.once('close', () => clearInterval(watch));
  }

  /** Breaks the connection, or leaves and joins the topic, at random; nothing while the last time is not recovered. */
  disturb(): void {
    const socket = this.#socket;
    if (!this.#joined || this.#fault !== undefined || socket?.readyState !== WebSocket.OPEN) return;
    const { kind, random, target } = this.#options;
    if (random() < 0.3) this.#cutIn = 1 + Math.floor(5 * random());
    const chance = random();
    if (kind === 'client' && chance < 0.2) {
      this.#begin('resubscribed');
      this.#joined = false;
      this.#say({ type: 'unsubscribe', diagnosis_id: target.diagnosisId });
      this.#subscribe();
    } else if (chance < 0.4) {
      this.#begin('connection_closed');
      socket.close(1000);
    } else {
      this.#begin('connection_cut');
      socket.terminate();
    }
  }

  /** Disturbs itself no more, not even a recovery that is under way. */
  calm(): void {
    this.#cutIn = Number.POSITIVE_INFINITY;
  }

  /** Ends it for good. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
    this.#options.recorder.record({ type: 'subscriber.ended', subscriber: this.name, code: 'closed' });
  }

  #after(): string {
    return this.#position ? formatPosition(this.#position) : 'latest';
  }

  #subscribe(): void {
    this.#say({ type: 'subscribe', diagnosis_id: this.#options.target.diagnosisId, after: this.#after() });
  }

  #say(command: object): void {
    this.#socket?.send(JSON.stringify(command));
  }

  #take(socket: WebSocket, text: string): void {
    if (socket !== this.#socket || this.#stopped) return;
    const result = decode(text);
    if ('invalid' in result) {
      // A reader goes past it; that it is missing, or damaged, is for the judge.
      const { position } = result.invalid;
      if (position && this.#joined) this.#delivered(position, '', '');
      return;
    }
    const { message } = result;
    if (message.type === 'connect') this.#opened(message);
    else if (message.type === 'error') this.#refusedBy(message.code, message.message);
    else if ('offset' in message && this.#joined) this.#publication(message);
  }

  #opened({ data }: Connected): void {
    const { name: subscriber, kind, recorder, target } = this.#options;
    const recovery = recorded(data.recovery);
    const topic = target.diagnosisId;
    const { reason, lastSeen, firstAvailable, from, to } = recovery;
    if (kind === 'client' && reason && lastSeen && firstAvailable) {
      recorder.record({ type: 'gap', subscriber, topic, reason, lastSeen, firstAvailable, from });
    }
    recorder.record({
      type: 'subscription.opened',
      subscriber,
      user: data.user_id,
      topic,
      kind,
      after: this.#position ?? 'latest',
      recovery,
    });
    if (!this.#position || recovery.status === 'gap') this.#position = from;
    this.#recoveredUpTo = to.offset;
    this.#joined = true;
    this.#failures = 0;
    if (this.#fault !== undefined)
      recorder.record({ type: 'fault.ended', fault: this.#fault, target: subscriber, effect: 1 });
    this.#fault = undefined;
  }

  #publication({ data, epoch, offset }: Publication): void {
    this.#delivered({ epoch, offset }, readPayload(data)?.id ?? '', digestOf(data));
    if (--this.#cutIn > 0) return;
    this.#cutIn = Number.POSITIVE_INFINITY;
    if (this.#fault !== undefined) return;
    this.#begin('connection_cut');
    this.#socket?.terminate();
  }

  #delivered(position: Position, id: string, digest: string): void {
    const { name: subscriber, kind, recorder, target } = this.#options;
    recorder.record({
      type: 'delivery',
      subscriber,
      topic: target.diagnosisId,
      position,
      id,
      digest,
      ...(kind === 'client' && { recovered: position.offset <= this.#recoveredUpTo }),
    });
    const held = this.#position;
    if (held?.epoch !== position.epoch || held.offset < position.offset) this.#position = position;
  }

  #begin(fault: string): void {
    this.#fault = fault;
    this.#options.recorder.record({ type: 'fault.begun', fault, target: this.name });
  }

  #heard(): void {
    this.#heardAt = performance.now();
  }

  #watch(socket: WebSocket): void {
    if (performance.now() - this.#heardAt > SILENCE_MS) socket.terminate();
    else if (socket.readyState === WebSocket.OPEN) socket.ping();
  }

  /** The handshake was answered by HTTP. */
  #refused(socket: WebSocket, status: number): void {
    const { ws, diagnosisId } = this.#options.target;
    const path = this.#options.kind === 'plain' ? `/ws/${diagnosisId}` : '/ws';
    const said = `the WebSocket handshake with ${ws}${path} was answered with HTTP ${status}`;
    if (status < 500 && status !== 429) {
      return this.#problem(`${said}: is the base path in --url right, and does the proxy pass upgrades on?`);
    }
    // Whoever was there before may be restarting.
    if (this.#position) socket.terminate();
    else this.#problem(`${said}: the deployment is not ready`);
  }

  #failed(error: Error): void {
    // What failed once it had worked is a cut like any other; the close follows.
    if (this.#position) return;
    this.#problem(explainFailure(error, this.#options.target.origin));
  }

  #refusedBy(code: string, message: string): void {
    const { diagnosisId } = this.#options.target;
    if (code === 'access_denied' || code === 'diagnosis_not_found') {
      return this.#problem(
        `subscribing to diagnosis ${diagnosisId} was refused with ${code}: ${claimsNeeded(diagnosisId)}`,
      );
    }
    if (code === 'unavailable' || code === 'internal_error') return this.#socket?.terminate();
    this.#problem(`a command was refused with ${code}: ${message}`);
  }

  #closed(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket || this.#stopped) return;
    const { recorder, random } = this.#options;
    recorder.record({ type: 'connection.closed', subscriber: this.name, code, reason });
    this.#joined = false;
    const then = afterClose(code);
    if (then !== 'reconnect') return this.#ended(code, reason);
    const wait = Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.connect(), wait * random());
  }

  #ended(code: number, reason: string): void {
    const { diagnosisId } = this.#options.target;
    const said = `the connection was closed with ${code} ${reason}`;
    if (reason === 'token_expired') this.#problem(`${said}: get a token that lives longer than the run`);
    else if (reason === 'invalid_token') {
      this.#problem(
        `${said}: is the token signed for this deployment, with its secret, issuer and audience?`,
      );
    } else if (reason === 'access_denied' || reason === 'diagnosis_not_found') {
      this.#problem(`${said}: ${claimsNeeded(diagnosisId)}`);
    } else this.#problem(said);
  }

  #problem(message: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
    this.#options.onProblem(new VerifyProblem(message));
  }
}

const SETTINGS = { perMessageDeflate: false, handshakeTimeout: HANDSHAKE_TIMEOUT_MS };

/** A recovery of the wire, with positions instead of texts. */
function recorded(recovery: Recovery): RecordedRecovery {
  // The schema has proved that these are positions.
  const position = (text: string) => parsePosition(text) as Position;
  const { status, count } = recovery;
  const span = { status, from: position(recovery.from), to: position(recovery.to), count };
  if (recovery.status !== 'gap') return span;
  const { reason, last_seen, first_available } = recovery;
  return { ...span, reason, lastSeen: position(last_seen), firstAvailable: position(first_available) };
}
