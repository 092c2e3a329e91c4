import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { CLEAR, type Conditions, DIRECTIONS, type Direction, type Harm } from './conditions.ts';
import { Link } from './link.ts';

/** The port that a new connection leads to; `undefined` refuses it. */
export type Target = () => number | undefined;

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
  readonly #slowUsers = new Set<string>();
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
    this.#slowUsers.clear();
    for (const direction of DIRECTIONS) Object.assign(this.#conditions[direction], CLEAR);
    for (const link of this.#links) link.obey();
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

  /** Passes no more than so many bytes a second, of each connection. Senders are held back meanwhile. */
  throttle(bytesPerSecond: number, ...directions: Direction[]): void {
    if (!(bytesPerSecond > 0)) throw new RangeError('bytesPerSecond must be more than 0');
    this.#impose({ bytesPerSecond }, directions);
  }

  /** Takes nothing from the senders of this direction, as a receiver that does not read. */
  hold(direction: Direction = 'toClient'): void {
    this.#impose({ hold: true }, [direction]);
    for (const link of this.#links) link.obey();
  }

  /** Takes nothing any more that the server sends to connections of this user, open and new ones. */
  holdUser(userId: string): void {
    this.#slowUsers.add(userId);
    for (const link of this.#links) link.obey();
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

  /** Cuts the connections that lost bytes, as a network does that is back and has forgotten them. */
  destroyBroken(): void {
    for (const link of [...this.#links]) if (link.broken) link.cut();
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
    const link = new Link(client, port, this.#conditions, this.#harm, (user) => this.#slowUsers.has(user));
    this.#links.add(link);
    client.once('close', () => this.#links.delete(link));
  }
}
