import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** `toServer`: what the client sends. `toClient`: what the server sends. */
export type Direction = 'toServer' | 'toClient';

const DIRECTIONS = ['toServer', 'toClient'] as const;

interface Conditions {
  swallow: boolean;
  delayMs: number;
  /** Cut the connection after so many more bytes. */
  cutAfter: number;
}

const CLEAR: Conditions = { swallow: false, delayMs: 0, cutAfter: Number.POSITIVE_INFINITY };

/**
 * A network between client and server that can be made bad: it passes bytes, swallows them, delays them, cuts
 * connections at a byte, and refuses new ones.
 */
export class TcpProxy implements AsyncDisposable {
  /** Where the connections lead; can be changed, also to a port where nobody listens yet. */
  targetPort: number;
  readonly port: number;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #conditions = { toServer: { ...CLEAR }, toClient: { ...CLEAR } };
  #refusing = false;
  /** Connections that clients began, refused ones too. */
  attempts = 0;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.targetPort = targetPort;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client: Socket) => this.#accept(client));
  }

  /** Starts a proxy in front of a port of this machine. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, targetPort);
  }

  /** Connections that are open on the client's side. */
  get connections(): number {
    return this.#links.size;
  }

  /** Ends every bad condition. A connection that lost bytes stays lost, as on a network that gave it up. */
  pass(): void {
    this.#refusing = false;
    for (const direction of DIRECTIONS) Object.assign(this.#conditions[direction], CLEAR);
  }

  /** Swallows bytes and goodbyes, of open and of new connections: both ends are half-open and are not told. */
  blackhole(...directions: Direction[]): void {
    for (const direction of directions.length > 0 ? directions : DIRECTIONS) {
      this.#conditions[direction].swallow = true;
    }
  }

  /** Holds bytes back for a while, in order. */
  delay(delayMs: number, ...directions: Direction[]): void {
    for (const direction of directions.length > 0 ? directions : DIRECTIONS) {
      this.#conditions[direction].delayMs = delayMs;
    }
  }

  /** Cuts the connection that carries the n-th byte from now on, in the middle of whatever frame that is. */
  cutAfter(bytes: number, direction: Direction = 'toClient'): void {
    this.#conditions[direction].cutAfter = bytes;
  }

  /** Destroys new connections at once; open ones go on. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Cuts every open connection, at both ends. */
  destroy(): void {
    for (const link of [...this.#links]) link.cut();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    this.attempts++;
    client.on('error', () => client.destroy());
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    const link = new Link(client, connect(this.targetPort, '127.0.0.1'), this.#conditions);
    this.#links.add(link);
    client.once('close', () => this.#links.delete(link));
  }
}

/** One connection through the proxy. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  /** Bytes were lost, so nothing that follows can be understood. */
  #broken = false;

  constructor(client: Socket, server: Socket, conditions: Record<Direction, Conditions>) {
    this.#client = client;
    this.#server = server;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
    }
    this.#pump(client, server, conditions.toServer);
    this.#pump(server, client, conditions.toClient);
  }

  cut(): void {
    this.#client.resetAndDestroy();
    this.#server.destroy();
  }

  #pump(from: Socket, to: Socket, conditions: Conditions): void {
    const line = new DelayLine();
    from.on('data', (bytes: Buffer) =>
      line.run(conditions.delayMs, () => this.#forward(bytes, from, to, conditions)),
    );
    to.on('drain', () => from.resume());
    from.on('close', () => line.run(conditions.delayMs, () => this.#ended(to, conditions)));
  }

  #forward(bytes: Buffer, from: Socket, to: Socket, conditions: Conditions): void {
    if (conditions.swallow) this.#broken = true;
    if (this.#broken) return;
    if (bytes.length >= conditions.cutAfter) {
      to.write(bytes.subarray(0, conditions.cutAfter), () => this.cut());
      conditions.cutAfter = Number.POSITIVE_INFINITY;
      this.#broken = true;
      return;
    }
    conditions.cutAfter -= bytes.length;
    if (!to.write(bytes)) from.pause();
  }

  /** One end is gone; the other is told, unless the network is what went away. */
  #ended(other: Socket, conditions: Conditions): void {
    if (!conditions.swallow && !this.#broken) other.destroy();
  }
}

/** Runs actions in their order, each one not before its delay has passed. */
class DelayLine {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  run(delayMs: number, action: () => void): void {
    if (delayMs === 0 && this.#waiting === 0) return action();
    const due = performance.now() + delayMs;
    this.#waiting++;
    this.#last = this.#last.then(async () => {
      const restMs = due - performance.now();
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
      this.#waiting--;
      action();
    });
  }
}
