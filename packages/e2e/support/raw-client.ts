import type { Duplex } from 'node:stream';
import { type ServerMessage, SUBPROTOCOL } from '@vitalwire/protocol';
import { within } from '@vitalwire/testing';
import WebSocket from 'ws';

/** A frame of the server, parsed but not validated: tests look at what is really there. */
export type Frame = { type: string; diagnosis_id?: number; text: string } & Record<string, unknown>;

type Typed<Type> = Extract<ServerMessage, { type: Type }> & { text: string };

/** How the peer's connection ended. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export interface RawClientOptions {
  /** Offer the SDK's subprotocol. @default true for `/ws`, false for `/ws/{diagnosis_id}` */
  subprotocol?: boolean;
  /** Answer the server's ping frames, which proves receipt. @default true */
  autoPong?: boolean;
  headers?: Record<string, string>;
  /** Most time for any wait, in milliseconds. @default 5_000 */
  timeoutMs?: number;
}

/** The handshake was answered by HTTP. */
export class HandshakeRefused extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`handshake refused with ${status}: ${body}`);
    this.status = status;
    this.body = body;
  }
}

/** A plain WebSocket client that keeps every frame from the first byte on, so that no wait can miss one. */
export class RawClient implements AsyncDisposable {
  readonly #webSocket: WebSocket;
  readonly #timeoutMs: number;
  /** Everything that arrived, in order. */
  readonly frames: Frame[] = [];
  /** Payloads of the ping frames that arrived. */
  readonly pings: string[] = [];
  /** Settles when the connection is closed. */
  readonly #closing: Promise<Closing>;
  /** How many frames were already given out by `next`. */
  #taken = 0;
  #wake: (() => void)[] = [];

  private constructor(webSocket: WebSocket, timeoutMs: number) {
    this.#webSocket = webSocket;
    this.#timeoutMs = timeoutMs;
    webSocket.on('message', (data, isBinary) => this.#arrived(String(data), isBinary));
    webSocket.on('ping', (payload) => this.pings.push(payload.toString()));
    webSocket.on('error', () => {}); // the close that follows says what there is to say
    this.#closing = new Promise((resolve) => {
      webSocket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#notify();
      });
    });
  }

  /** Connects. Rejects with {@link HandshakeRefused} when the server answers by HTTP. */
  static open(url: string, options: RawClientOptions = {}): Promise<RawClient> {
    const {
      subprotocol = new URL(url).pathname.endsWith('/ws'),
      autoPong = true,
      headers = {},
      timeoutMs = 5_000,
    } = options;
    const webSocket = new WebSocket(url.replace(/^http/, 'ws'), subprotocol ? [SUBPROTOCOL] : [], {
      perMessageDeflate: false,
      autoPong,
      headers,
    });
    const client = new RawClient(webSocket, timeoutMs);
    const opened = new Promise<RawClient>((resolve, reject) => {
      webSocket.once('open', () => resolve(client));
      webSocket.once('error', reject);
      webSocket.once('unexpected-response', (_, response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        response.once('end', () => reject(new HandshakeRefused(response.statusCode ?? 0, body)));
      });
    });
    return within(timeoutMs, opened, () => `no handshake with ${new URL(url).pathname}`);
  }

  /** Connects in the SDK's way and authenticates. */
  static async authenticated(url: string, token: string, options: RawClientOptions = {}): Promise<RawClient> {
    const client = await RawClient.open(`${url}/ws`, options);
    client.send({ type: 'authenticate', token });
    return client;
  }

  /** Connects in the plain way, to one diagnosis. */
  static plain(
    url: string,
    diagnosisId: number | string,
    { token, after, ...options }: RawClientOptions & { token?: string; after?: string },
  ): Promise<RawClient> {
    const query = new URLSearchParams({
      ...(token !== undefined && { token }),
      ...(after !== undefined && { after }),
    });
    return RawClient.open(`${url}/ws/${diagnosisId}?${query}`, options);
  }

  /** Takes frames in their order until one satisfies; those before it are passed over. */
  async next(wanted: string | ((frame: Frame) => boolean), timeoutMs = this.#timeoutMs): Promise<Frame> {
    const matches = typeof wanted === 'string' ? (frame: Frame) => frame.type === wanted : wanted;
    const search = async () => {
      while (this.#webSocket.readyState !== WebSocket.CLOSED) {
        await this.#change();
        const frame = this.#take(matches);
        if (frame) return frame;
      }
      throw new Error(`closed before ${String(wanted)}; ${this.#story()}`);
    };
    return (
      this.#take(matches) ?? within(timeoutMs, search(), () => `no ${String(wanted)} came; ${this.#story()}`)
    );
  }

  #take(matches: (frame: Frame) => boolean): Frame | undefined {
    while (this.#taken < this.frames.length) {
      const frame = this.frames[this.#taken++];
      if (frame && matches(frame)) return frame;
    }
    return undefined;
  }

  /** Resolves when a frame arrives, or the connection closes. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  /** The next `connect`, of one topic when it is named. */
  async connected(diagnosisId?: number): Promise<Typed<'connect'>> {
    const frame = await this.next(
      ({ type, diagnosis_id }) =>
        type === 'connect' && (diagnosisId === undefined || diagnosis_id === diagnosisId),
    );
    return frame as unknown as Typed<'connect'>;
  }

  /** The next publications, of whatever topic. */
  async publications(count: number, timeoutMs = this.#timeoutMs): Promise<Frame[]> {
    const frames: Frame[] = [];
    while (frames.length < count)
      frames.push(await this.next(({ offset }) => offset !== undefined, timeoutMs));
    return frames;
  }

  /** Goes on with the frame at this index of {@link frames}, after a test has removed frames. */
  rewind(index: number): void {
    this.#taken = index;
  }

  /** Says a ping and waits for its pong: everything that was said before has been handled and answered. */
  async settled(): Promise<void> {
    const id = `settled-${Math.random()}`;
    this.send({ type: 'ping', id });
    const isPong = ({ type, data }: Frame) => type === 'pong' && (data as { id?: unknown }).id === id;
    const found = async () => {
      while (!this.frames.some(isPong)) await this.#change();
    };
    await within(this.#timeoutMs, found(), () => `no pong came; ${this.#story()}`);
  }

  /** Subscribes and waits for the answer. */
  async subscribe(diagnosisId: number, after?: string): Promise<Frame> {
    this.send({ type: 'subscribe', diagnosis_id: diagnosisId, ...(after !== undefined && { after }) });
    return this.next(
      ({ type, diagnosis_id }) => (type === 'connect' || type === 'error') && diagnosis_id === diagnosisId,
    );
  }

  /** Waits until the server has closed the connection. */
  closed(timeoutMs = this.#timeoutMs): Promise<Closing> {
    return within(timeoutMs, this.#closing, () => `not closed; ${this.#story()}`);
  }

  /** The subprotocol that the server chose; empty when it chose none. */
  get subprotocol(): string {
    return this.#webSocket.protocol;
  }

  /** The WebSocket extensions that the server agreed to. */
  get extensions(): string {
    return this.#webSocket.extensions;
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN;
  }

  send(command: object): void {
    this.#webSocket.send(JSON.stringify(command));
  }

  sendText(text: string): void {
    this.#webSocket.send(text);
  }

  sendBinary(bytes: Uint8Array): void {
    this.#webSocket.send(bytes);
  }

  /** Sends a ping frame, which is not the message of that name. */
  pingFrame(payload: string): void {
    this.#webSocket.ping(payload);
  }

  pongFrame(payload: string): void {
    this.#webSocket.pong(payload);
  }

  /** The TCP connection below. */
  get socket(): Duplex {
    // Not public in ws, and the only way to write bytes that ws would not write.
    return (this.#webSocket as unknown as { _socket: Duplex })._socket;
  }

  /** Stops reading from the network, so that the server's bytes stay there. */
  pause(): void {
    this.#webSocket.pause();
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
    this.#webSocket.resume();
  }

  /** Says goodbye. */
  async close(): Promise<Closing> {
    this.#webSocket.close(1000);
    return this.closed();
  }

  /** Cuts the connection without a goodbye. */
  async cut(): Promise<void> {
    this.#webSocket.terminate();
    await this.closed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#webSocket.terminate();
    await this.#closing;
  }

  #arrived(text: string, isBinary: boolean): void {
    this.frames.push(isBinary ? { type: '(binary)', text } : readFrame(text));
    this.#notify();
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  #story(): string {
    const shown = this.frames.slice(-20).map(({ text }) => text.slice(0, 300));
    return `${this.frames.length} frames arrived${shown.length > 0 ? `, the last of them:\n${shown.join('\n')}` : ''}`;
  }
}

function readFrame(text: string): Frame {
  try {
    return { ...JSON.parse(text), text };
  } catch {
    return { type: '(no JSON)', text };
  }
}
