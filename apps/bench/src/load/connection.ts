import { connect, type Socket } from 'node:net';
import type { Driver, Subscriber } from './driver.ts';
import { CLOSE, clientFrame, FrameParser, PING, TEXT } from './frame-parser.ts';
import type { NumberAfter } from './number-after.ts';

const PONG = 10;
const HEAD_END = Buffer.from('\r\n\r\n');

/** All sockets read into the same memory: what is in it is taken out before the next one reads. */
const received = Buffer.allocUnsafeSlow(65_536);

/** What a connection reports. */
export interface Audience {
  subscribed(connection: Connection): void;
  /** A publication came that continues the sequence; its text is valid only during the call. */
  delivered(bytes: Buffer, start: number, end: number): void;
  /** Something came that must not, or an end that nobody asked for. */
  failed(connection: Connection, problem: string): void;
}

/** What a connection says first, made before the clock starts. */
export interface Greeting {
  readonly open: string;
  readonly begin: Buffer;
}

/** What a subscriber is going to say when it connects. */
export function greetingOf(driver: Driver, subscriber: Subscriber): Greeting {
  return { open: driver.open(subscriber), begin: framesOf(driver.begin(subscriber)) };
}

/** A socket of a subscriber. It checks that what it receives continues the sequence. */
export class Connection {
  readonly subscriber: Subscriber;
  readonly #driver: Driver;
  readonly #greeting: Greeting;
  readonly #audience: Audience;
  readonly #sequence: NumberAfter;
  readonly #socket: Socket;
  readonly #parser = new FrameParser((opcode, bytes, start, end) => this.#frame(opcode, bytes, start, end));
  #opened = false;
  #subscribed = false;
  #cut = false;

  constructor(
    port: number,
    subscriber: Subscriber,
    driver: Driver,
    greeting: Greeting,
    /** Shared by all connections, because their texts look alike. */
    sequence: NumberAfter,
    audience: Audience,
  ) {
    this.subscriber = subscriber;
    this.#driver = driver;
    this.#greeting = greeting;
    this.#sequence = sequence;
    this.#audience = audience;
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: received,
        callback: (length) => {
          this.#receive(length);
          return true;
        },
      },
    });
    this.#socket.once('connect', () => this.#socket.write(greeting.open));
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('close', () => this.#fail('the server ended the connection'));
  }

  /** Ends it without a goodbye, as a lost network would. */
  cut(): void {
    this.#cut = true;
    this.#socket.destroy();
  }

  #receive(length: number): void {
    if (this.#cut) return;
    try {
      if (this.#opened) this.#parser.push(received, 0, length);
      else this.#readHead(length);
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #readHead(length: number): void {
    let bodyAt = 0;
    if (this.#driver.upgrades) {
      // The heads are short and written at once, so they arrive whole.
      const end = received.subarray(0, length).indexOf(HEAD_END);
      const status = received.toString('latin1', 0, 12);
      if (end < 0 || status !== 'HTTP/1.1 101') throw new Error(`the upgrade was answered by '${status}'`);
      bodyAt = end + HEAD_END.length;
    }
    this.#opened = true;
    if (this.#greeting.begin.length > 0) this.#socket.write(this.#greeting.begin);
    this.#parser.push(received, bodyAt, length);
  }

  #frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === TEXT) this.#text(bytes, start, end);
    else if (opcode === PING) {
      // In order with what came before it: everything before it was counted.
      this.#socket.write(clientFrame(PONG, bytes.subarray(start, end)));
    } else if (opcode === CLOSE) {
      throw new Error(
        `the server closed: ${bytes.readUInt16BE(start)} ${bytes.toString('utf8', start + 2, end)}`,
      );
    }
  }

  #text(bytes: Buffer, start: number, end: number): void {
    if (this.#subscribed || this.#driver.deliversEarly) {
      const sequence = this.#sequence.read(bytes, start, end);
      if (sequence !== undefined) {
        const last = this.subscriber.sequence;
        if (sequence !== last + 1) this.#fail(`received ${sequence} after ${last}`);
        this.subscriber.sequence = sequence;
        this.#driver.delivered?.(bytes, start, end, this.subscriber);
        this.#audience.delivered(bytes, start, end);
        return;
      }
    }
    const answer = this.#driver.answer(bytes.toString('utf8', start, end), this.subscriber);
    if (answer === 'subscribed') {
      if (this.#subscribed) throw new Error('it was subscribed twice');
      this.#subscribed = true;
      this.#audience.subscribed(this);
    } else this.#send(answer);
  }

  #send(texts: readonly string[]): void {
    if (texts.length > 0) this.#socket.write(framesOf(texts));
  }

  #fail(problem: string): void {
    if (this.#cut) return;
    this.#audience.failed(this, problem);
  }
}

function framesOf(texts: readonly string[]): Buffer {
  return Buffer.concat(texts.map((text) => clientFrame(TEXT, Buffer.from(text))));
}
