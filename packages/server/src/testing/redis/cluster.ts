import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { installedRedis } from './has-redis.ts';
import { RedisServer } from './server.ts';
import { until } from './until.ts';

export interface RedisClusterOptions {
  /** At least 3, which Redis demands. @default 3 */
  readonly masters?: number;
  /** @default 0 */
  readonly replicasEach?: 0 | 1;
  /** After so long without an answer a node counts as failed. @default 1_000 */
  readonly nodeTimeoutMs?: number;
  /** As that of a {@link RedisServer}. @default nothing survives */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
  /** More arguments for every node, such as `['--cluster-require-full-coverage', 'no']`. */
  readonly args?: readonly string[];
}

/** A Redis Cluster of one's own. */
export class RedisCluster implements AsyncDisposable {
  /** First those that were masters in the beginning. */
  readonly nodes: readonly RedisServer[];

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
  }

  /** @throws when there is no Redis on the PATH, or the cluster does not come to be. */
  static async start(options: RedisClusterOptions = {}): Promise<RedisCluster> {
    const { masters = 3, replicasEach = 0, nodeTimeoutMs = 1_000, args = [], appendfsync } = options;
    const server = {
      ...(appendfsync !== undefined && { appendfsync }),
      args: ['--cluster-enabled', 'yes', '--cluster-node-timeout', `${nodeTimeoutMs}`, ...args],
    };
    const nodes = await startAll(masters * (1 + replicasEach), server);
    const cluster = new RedisCluster(nodes);
    try {
      const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`);
      const asked = ['--cluster-replicas', `${replicasEach}`, '--cluster-yes'];
      await promisify(execFile)(installedRedis().cli, ['--cluster', 'create', ...hosts, ...asked]);
      await cluster.settled();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return `redis+cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
  }

  /** Resolves when every node that runs takes commands, and its replicas follow their masters. */
  async settled(): Promise<void> {
    for (const node of this.nodes.filter(({ running }) => running)) {
      let said = '';
      await until(
        async () => {
          said = `${await node.command('CLUSTER', 'INFO')}\n${await node.command('INFO', 'replication')}`;
          const follows = !said.includes('role:slave') || said.includes('master_link_status:up');
          return said.includes('cluster_state:ok') && follows;
        },
        () => `the node of port ${node.port} takes no commands:\n${said}`,
        { everyMs: 50 },
      );
    }
  }

  /** The node that holds a key now, as a node that runs knows it. */
  async masterOf(key: string): Promise<RedisServer> {
    const asked = this.nodes.find(({ running }) => running);
    if (asked === undefined) throw new Error('no node of the cluster runs');
    const slot = Number(await asked.command('CLUSTER', 'KEYSLOT', key));
    for (const line of (await asked.command('CLUSTER', 'NODES')).split('\n')) {
      const [, address = '', flags = '', , , , , , ...ranges] = line.split(' ');
      const port = Number(/:(\d+)@/.exec(address)?.[1]);
      const node = this.nodes.find((candidate) => candidate.port === port);
      if (node && flags.includes('master') && ranges.some((range) => holds(range, slot))) return node;
    }
    throw new Error(`no node of the cluster holds slot ${slot}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()));
  }
}

/** Such as `0-5460` or `7000`; a slot that moves is in brackets besides. */
function holds(range: string, slot: number): boolean {
  const [first = Number.NaN, last = first] = range.split('-').map(Number);
  return first <= slot && slot <= last;
}

/** Starts servers alike; when one does not start, the others end. */
async function startAll(
  count: number,
  options: Parameters<typeof RedisServer.start>[0],
): Promise<RedisServer[]> {
  const started = await Promise.allSettled(Array.from({ length: count }, () => RedisServer.start(options)));
  const servers = started.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const failed = started.find((start) => start.status === 'rejected');
  if (failed === undefined) return servers;
  await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  throw failed.reason;
}
