import { TcpProxy } from './tcp-proxy.ts';

/**
 * The network between pages and a server, as a test speaks of it. Every verb counts from now on for all connections, and
 * {@link restore} ends them all.
 */
export class Network implements AsyncDisposable {
  /** What does it, for harm that has no verb here. */
  readonly proxy: TcpProxy;
  readonly #target: string;

  private constructor(proxy: TcpProxy, target: string) {
    this.proxy = proxy;
    this.#target = target;
  }

  /** A network in front of a server of this machine, such as `http://127.0.0.1:8000`. */
  static async before(url: string): Promise<Network> {
    const { protocol, hostname, port } = new URL(url);
    const isHere = ['127.0.0.1', 'localhost'].includes(hostname);
    if (protocol !== 'http:' || !isHere) {
      throw new Error(`no network can be put before ${url}: only before http servers of this machine`);
    }
    return new Network(await TcpProxy.start(Number(port || 80)), url);
  }

  /** Where pages find the server: behind this network. */
  get url(): string {
    const { pathname } = new URL(this.#target);
    return `http://127.0.0.1:${this.proxy.port}${pathname === '/' ? '' : pathname}`;
  }

  /** Connections that pages have open. */
  get connections(): number {
    return this.proxy.connections;
  }

  /** Connections that pages began, refused ones too. */
  get attempts(): number {
    return this.proxy.attempts;
  }

  /** The network is down: every connection is cut, and no new one comes through. */
  cut(): void {
    this.proxy.refuse();
    this.proxy.destroy();
  }

  /** Cuts every connection once; new ones come through at once. */
  drop(): void {
    this.proxy.destroy();
  }

  /** Swallows everything, in both directions, and tells nobody: the connections look open at both ends. */
  halfOpen(): void {
    this.proxy.blackhole();
  }

  /** Everything arrives so many milliseconds later, in both directions. */
  delay(ms: number): void {
    this.proxy.delay(ms);
  }

  /** No more than so many bytes a second pass, of each connection and direction. */
  throttle(bytesPerSecond: number): void {
    this.proxy.throttle(bytesPerSecond);
  }

  /** Refuses new connections; open ones go on. */
  refuse(): void {
    this.proxy.refuse();
  }

  /** Ends all of it. Connections that lost bytes are cut, as by a network that is back and has forgotten them. */
  restore(): void {
    this.proxy.pass();
    this.proxy.destroyBroken();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
  }
}
