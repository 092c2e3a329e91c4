import { TcpProxy } from '@vitalwire/testing';
import type { Node } from './node.ts';

const CHECK_EVERY_MS = 250;
const CHECK_TIMEOUT_MS = 1_000;
/** Checks in a row that fail before a node counts as down. */
const CHECKS_TO_FALL = 2;

/**
 * A TCP load balancer: new connections go to the nodes that are ready, in turn. When a node is found to be down, its
 * connections are cut. It is reached through networks, each of which can be made bad on its own.
 */
export class Balancer implements AsyncDisposable {
  readonly #nodes: readonly Node[];
  readonly #networks: TcpProxy[] = [];
  /** Checks that failed in a row, by node. */
  readonly #failures = new Map<Node, number>();
  readonly #timer: NodeJS.Timeout;
  #turn = 0;

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes;
    this.#timer = setInterval(() => {
      for (const node of nodes) void this.#check(node);
    }, CHECK_EVERY_MS);
  }

  /** A network of its own in front of the balancer. */
  async open(): Promise<TcpProxy> {
    const network = await TcpProxy.start(() => this.#next());
    this.#networks.push(network);
    return network;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#networks.map((network) => network[Symbol.asyncDispose]()));
  }

  #next(): number | undefined {
    const up = this.#nodes.filter((node) => (this.#failures.get(node) ?? 0) < CHECKS_TO_FALL);
    return up[this.#turn++ % up.length]?.port;
  }

  async #check(node: Node): Promise<void> {
    const { port } = node;
    const ready = await isReady(port);
    const failures = ready ? 0 : (this.#failures.get(node) ?? 0) + 1;
    this.#failures.set(node, failures);
    if (failures === CHECKS_TO_FALL) for (const network of this.#networks) network.destroy(port);
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
    const response = await fetch(`http://127.0.0.1:${port}/ready`, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
