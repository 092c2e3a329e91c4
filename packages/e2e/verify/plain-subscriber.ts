import { type After, afterClose, formatAfter, type Position, type ServerMessage } from '@vitalwire/protocol';
import { digestOf, type Recorder, readPayload } from '@vitalwire/server/verify';
import WebSocket from 'ws';
import type { Random } from '../support/random.ts';
import { recordedRecovery } from './recovery.ts';
import { passed, type Subscriber } from './subscriber.ts';
import type { User } from './user.ts';

export interface PlainSubscriberOptions {
  readonly name: string;
  readonly user: User;
  readonly topic: number;
  /** Where the server is reached. */
  readonly port: number;
  /** Whether it asks for what follows on the last publication it saw, or leaves that to the server. */
  readonly remembers: boolean;
  readonly recorder: Recorder;
  readonly random: Random;
}

/** A server says something, at least a ping, within this time: else the connection is dead. */
const SILENCE_MS = 5_000;

/** A plain WebSocket of one topic, in whatever language: no position is kept beyond its own last one. */
export class PlainSubscriber implements Subscriber {
  readonly name: string;
  readonly user: User;
  readonly topics: readonly number[];
  readonly #options: PlainSubscriberOptions;
  #webSocket: WebSocket | undefined;
  #place: Position | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;
  #refusal: string | undefined;
  /** How often a connection was closed, by code. */
  readonly closes = new Map<number, number>();

  constructor(options: PlainSubscriberOptions) {
    this.name = options.name;
    this.user = options.user;
    this.topics = [options.topic];
    this.#options = options;
    this.#connect();
  }

  get connected(): boolean {
    return this.#webSocket?.readyState === WebSocket.OPEN;
  }

  get refusal(): string | undefined {
    return this.#refusal;
  }

  hasPassed(_topic: number, position: Position): boolean {
    return passed(this.#place, position);
  }

  retry(): void {
    this.#refusal = undefined;
    this.#connect();
  }

  #connect(): void {
    clearTimeout(this.#timer);
    // It would prove receipt of what nobody looks at any more.
    this.#webSocket?.terminate();
    this.#webSocket = undefined;
    this.user.token().then(
      (token) => this.#open(token),
      () => this.#later(),
    );
  }

  end(code: string): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#webSocket?.terminate();
    this.#options.recorder.record({ type: 'subscriber.ended', subscriber: this.name, code });
  }

  #later(): void {
    if (this.#ended) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), this.#options.random.between(50, 500));
  }

  #open(token: string): void {
    if (this.#ended) return;
    const { port, topic, remembers } = this.#options;
    const after: After | undefined = remembers ? (this.#place ?? 'earliest') : undefined;
    const query = new URLSearchParams({ token, ...(after && { after: formatAfter(after) }) });
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/ws/${topic}?${query}`, {
      perMessageDeflate: false,
      handshakeTimeout: 2_000,
    });
    this.#webSocket = webSocket;
    const silence = setTimeout(() => webSocket.terminate(), SILENCE_MS);
    webSocket.on('message', (data) => {
      silence.refresh();
      if (this.#webSocket === webSocket && !this.#ended) this.#received(JSON.parse(String(data)), after);
    });
    webSocket.on('ping', () => silence.refresh());
    webSocket.on('error', () => {}); // the close that follows says what there is to say
    webSocket.on('close', (code, reason) => {
      clearTimeout(silence);
      if (this.#webSocket === webSocket) this.#closed(code, reason.toString());
    });
  }

  #received(message: ServerMessage, after: After | undefined): void {
    const { recorder, topic } = this.#options;
    if (message.type === 'connect') {
      const recovery = recordedRecovery(message.data.recovery);
      recorder.record({
        type: 'subscription.opened',
        subscriber: this.name,
        user: this.user.name,
        topic,
        kind: 'plain',
        ...(after && { after }),
        recovery,
      });
      this.#place = recovery.from;
    } else if ('offset' in message) {
      const position = { epoch: message.epoch, offset: message.offset };
      const id = readPayload(message.data)?.id ?? '';
      const digest = digestOf(message.data);
      recorder.record({ type: 'delivery', subscriber: this.name, topic, position, id, digest });
      this.#place = position;
    }
  }

  #closed(code: number, reason: string): void {
    this.#webSocket = undefined;
    this.closes.set(code, (this.closes.get(code) ?? 0) + 1);
    if (this.#ended) return;
    this.#options.recorder.record({ type: 'connection.closed', subscriber: this.name, code, reason });
    if (afterClose(code) === 'stop') this.#refusal = reason;
    else this.#later();
  }
}
