import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** `toServer`: what the client sends. `toClient`: what the server sends. */
export type Direction = 'toServer' | 'toClient';

const DIRECTIONS = ['toServer', 'toClient'] as const;

/** The port that a new connection leads to; `undefined` refuses it. */
export type Target = () => number | undefined;

interface Conditions {
  swallow: boolean;
  delayMs: number;
  /** Nothing is taken from the sender, whose buffers fill. */
  hold: boolean;
  /** Bytes pass in pieces of this size. */
  pieceBytes: number;
  /** Cut the connection after so many more bytes. */
  cutAfter: number;
}

const CLEAR: Conditions = {
  swallow: false,
  delayMs: 0,
  hold: false,
  pieceBytes: Number.POSITIVE_INFINITY,
  cutAfter: Number.POSITIVE_INFINITY,
};

/** Pieces between two pauses: each piece should become a packet of its own, but a large frame should arrive some day. */
const PIECES_A_PAUSE = 32;

/** Waiting actions of a direction, beyond which its sender is held back. */
const MOST_WAITING = 256;

/** What a proxy has done to connections so far. */
export interface Harm {
  /** Connections cut, or refused from the start. */
  cut: number;
  swallowedBytes: number;
  /** Bytes that came late or in pieces. */
  slowedBytes: number;
  /** Times that a sender was held back. */
  held: number;
}

/**
 * A network between client and server that can be made bad: it passes bytes, swallows them, delays them, divides them,
 * holds them back, cuts connections at a byte, and refuses new ones.
 */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #target: Target;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #conditions = { toServer: { ...CLEAR }, toClient: { ...CLEAR } };
  readonly #harm: Harm = { cut: 0, swallowedBytes: 0, slowedBytes: 0, held: 0 };
  #refusing = false;
  /** Connections that clients began, refused ones too. */
  attempts = 0;

  private constructor(server: Server, target: Target) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client: Socket) => this.#accept(client));
  }

  /** Starts a proxy in front of a port of this machine, or of one that is chosen for each connection. */
  static async start(target: number | Target): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, typeof target === 'number' ? () => target : target);
  }

  /** Connections that are open on the client's side. */
  get connections(): number {
    return this.#links.size;
  }

  get harm(): Harm {
    return { ...this.#harm };
  }

  /** Ends every bad condition. A connection that lost bytes stays lost, as on a network that gave it up. */
  pass(): void {
    this.#refusing = false;
    for (const direction of DIRECTIONS) Object.assign(this.#conditions[direction], CLEAR);
    for (const link of this.#links) link.goOn();
  }

  /** Swallows bytes and goodbyes, of open and of new connections: both ends are half-open and are not told. */
  blackhole(...directions: Direction[]): void {
    this.#impose({ swallow: true }, directions);
  }

  /** Holds bytes back for a while, in order. */
  delay(delayMs: number, ...directions: Direction[]): void {
    this.#impose({ delayMs }, directions);
  }

  /** Divides what passes into pieces of so many bytes, as packets of their own. */
  divide(pieceBytes: number, ...directions: Direction[]): void {
    this.#impose({ pieceBytes }, directions);
  }

  /** Takes nothing from the senders of this direction, as a receiver that does not read. */
  hold(direction: Direction = 'toClient'): void {
    this.#impose({ hold: true }, [direction]);
    for (const link of this.#links) link.hold(direction);
  }

  /** Cuts the connection that carries the n-th byte from now on, in the middle of whatever frame that is. */
  cutAfter(bytes: number, direction: Direction = 'toClient'): void {
    this.#conditions[direction].cutAfter = bytes;
  }

  /** Destroys new connections at once; open ones go on. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Cuts every open connection, at both ends; or those that lead to one port. */
  destroy(targetPort?: number): void {
    for (const link of [...this.#links]) {
      if (targetPort === undefined || link.targetPort === targetPort) link.cut();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #impose(conditions: Partial<Conditions>, directions: readonly Direction[]): void {
    for (const direction of directions.length > 0 ? directions : DIRECTIONS) {
      Object.assign(this.#conditions[direction], conditions);
    }
  }

  #accept(client: Socket): void {
    this.attempts++;
    client.on('error', () => client.destroy());
    const port = this.#refusing ? undefined : this.#target();
    if (port === undefined) {
      this.#harm.cut++;
      client.resetAndDestroy();
      return;
    }
    const link = new Link(client, port, this.#conditions, this.#harm);
    this.#links.add(link);
    client.once('close', () => this.#links.delete(link));
  }
}

/** One connection through the proxy. */
class Link {
  readonly targetPort: number;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #harm: Harm;
  /** Bytes were lost, so nothing that follows can be understood. */
  #broken = false;

  constructor(client: Socket, targetPort: number, conditions: Record<Direction, Conditions>, harm: Harm) {
    this.targetPort = targetPort;
    this.#client = client;
    this.#server = connect(targetPort, '127.0.0.1');
    this.#harm = harm;
    for (const socket of [client, this.#server]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
    }
    this.#pump(client, this.#server, conditions.toServer);
    this.#pump(this.#server, client, conditions.toClient);
  }

  cut(): void {
    this.#harm.cut++;
    this.#client.resetAndDestroy();
    this.#server.destroy();
  }

  hold(direction: Direction): void {
    this.#harm.held++;
    (direction === 'toClient' ? this.#server : this.#client).pause();
  }

  goOn(): void {
    this.#client.resume();
    this.#server.resume();
  }

  #pump(from: Socket, to: Socket, conditions: Conditions): void {
    const line = new Line();
    from.on('data', (bytes: Buffer) => {
      if (conditions.delayMs > 0) this.#harm.slowedBytes += bytes.length;
      line.run(conditions.delayMs, () => this.#forward(bytes, from, to, conditions));
      if (conditions.hold) this.#harm.held++;
      if (conditions.hold || line.waiting > MOST_WAITING) from.pause();
    });
    line.onEmpty = () => conditions.hold || from.resume();
    to.on('drain', () => conditions.hold || from.resume());
    from.on('close', () => line.run(conditions.delayMs, () => this.#ended(to, conditions)));
  }

  #forward(bytes: Buffer, from: Socket, to: Socket, conditions: Conditions): void | Promise<void> {
    if (conditions.swallow) this.#broken = true;
    if (this.#broken) {
      this.#harm.swallowedBytes += bytes.length;
      return;
    }
    if (bytes.length >= conditions.cutAfter) {
      to.write(bytes.subarray(0, conditions.cutAfter), () => this.cut());
      conditions.cutAfter = Number.POSITIVE_INFINITY;
      this.#broken = true;
      return;
    }
    conditions.cutAfter -= bytes.length;
    if (bytes.length > conditions.pieceBytes) return this.#inPieces(bytes, to, conditions.pieceBytes);
    if (!to.write(bytes)) from.pause();
  }

  async #inPieces(bytes: Buffer, to: Socket, pieceBytes: number): Promise<void> {
    this.#harm.slowedBytes += bytes.length;
    let pieces = 0;
    for (let start = 0; start < bytes.length && !to.destroyed; start += pieceBytes) {
      to.write(bytes.subarray(start, start + pieceBytes));
      // A turn each, so that the kernel is not given the next piece together with this one.
      if (++pieces % PIECES_A_PAUSE === 0) await sleep(1);
      else await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** One end is gone; the other is told, unless the network is what went away. */
  #ended(other: Socket, conditions: Conditions): void {
    if (!conditions.swallow && !this.#broken) other.destroy();
  }
}

/** Runs actions in their order, each one not before its delay has passed and the one before it is done. */
class Line {
  #last: Promise<void> = Promise.resolve();
  waiting = 0;
  /** Called when nothing waits any more. */
  onEmpty = () => {};

  run(delayMs: number, action: () => void | Promise<void>): void {
    if (delayMs > 0 || this.waiting > 0) return this.#later(performance.now() + delayMs, action);
    const done = action();
    if (done instanceof Promise) this.#later(0, () => done);
  }

  #later(due: number, action: () => void | Promise<void>): void {
    this.waiting++;
    this.#last = this.#last.then(async () => {
      const restMs = due - performance.now();
      if (restMs > 0) await sleep(restMs);
      await action();
      this.waiting--;
      if (this.waiting === 0) this.onEmpty();
    });
  }
}
