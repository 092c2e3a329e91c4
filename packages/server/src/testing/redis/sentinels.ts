import { RedisProcess } from './process.ts';
import { RedisServer } from './server.ts';
import { until } from './until.ts';

export interface RedisSentinelsOptions {
  /** @default 1 */
  readonly replicas?: number;
  /** @default 3 */
  readonly sentinels?: number;
  /** Sentinels that must agree that the master is gone. @default 2 */
  readonly quorum?: number;
  /** After so long without an answer a Sentinel takes the master for gone. @default 1_000 */
  readonly downAfterMs?: number;
  /** A failover that takes longer is given up; after twice that, the next one may begin. @default 3_000 */
  readonly failoverTimeoutMs?: number;
  /** What the Sentinels ask for. @default nothing */
  readonly password?: string;
  /** As that of a {@link RedisServer}. @default nothing survives */
  readonly appendfsync?: 'always' | 'everysec' | 'no';
}

const MASTER = 'mymaster';

/** A Sentinel. Its configuration holds what it learns: the other Sentinels, the replicas. */
class Sentinel extends RedisProcess {
  static async start(configuration: readonly string[], password?: string): Promise<Sentinel> {
    const folder = await RedisProcess.folder({});
    const sentinel = new Sentinel(folder, { configuration, args: ['--sentinel'], password });
    await sentinel.begin();
    return sentinel;
  }
}

/** A master and its replicas, watched by Sentinels that promote a replica when the master is gone. */
export class RedisSentinels implements AsyncDisposable {
  /** First the one that was the master in the beginning. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisProcess[];

  readonly #password: string | undefined;

  private constructor(
    servers: readonly RedisServer[],
    sentinels: readonly RedisProcess[],
    password: string | undefined,
  ) {
    this.servers = servers;
    this.sentinels = sentinels;
    this.#password = password;
  }

  /** @throws when there is no Redis on the PATH, or the Sentinels do not find one another and the replicas. */
  static async start(options: RedisSentinelsOptions = {}): Promise<RedisSentinels> {
    const { replicas = 1, sentinels = 3, quorum = 2 } = options;
    const { downAfterMs = 1_000, failoverTimeoutMs = 3_000, appendfsync, password } = options;
    const server = appendfsync === undefined ? {} : { appendfsync };
    const servers: RedisServer[] = [];
    const watching: Sentinel[] = [];
    const group = new RedisSentinels(servers, watching, password);
    try {
      const master = await RedisServer.start(server);
      servers.push(master);
      for (let count = 0; count < replicas; count++) {
        const replica = await RedisServer.start(server);
        servers.push(replica);
        // Not an argument, which would win over what a Sentinel changes later.
        await replica.command('REPLICAOF', '127.0.0.1', `${master.port}`);
        await replica.command('CONFIG', 'REWRITE');
      }
      const configuration = [
        `sentinel monitor ${MASTER} 127.0.0.1 ${master.port} ${quorum}`,
        `sentinel down-after-milliseconds ${MASTER} ${downAfterMs}`,
        `sentinel failover-timeout ${MASTER} ${failoverTimeoutMs}`,
        // They ask it of one another as well.
        ...(password === undefined ? [] : [`requirepass ${password}`]),
      ];
      for (let count = 0; count < sentinels; count++) {
        watching.push(await Sentinel.start(configuration, password));
      }
      await group.settled();
      return group;
    } catch (error) {
      await group[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    const hosts = this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
    const query = this.#password === undefined ? '' : `?sentinel_password=${this.#password}`;
    return `redis+sentinel://${hosts}/${MASTER}${query}`;
  }

  /** The master now, as the first Sentinel that runs knows it. */
  async master(): Promise<RedisServer> {
    const [asked] = this.#watching;
    if (asked === undefined) throw new Error('no Sentinel runs');
    return this.#masterOf(asked);
  }

  /**
   * Has a replica made the master, and resolves when every Sentinel knows it. The old master takes writes, which will be
   * lost, until a Sentinel makes it a replica some ten seconds later.
   */
  async failover(): Promise<RedisServer> {
    const before = await this.master();
    const [asked] = this.#watching;
    await asked?.command('SENTINEL', 'FAILOVER', MASTER);
    await until(
      async () => {
        const masters = await Promise.all(this.#watching.map((sentinel) => this.#masterOf(sentinel)));
        return masters.every((master) => master !== before && master === masters[0]);
      },
      () => `the Sentinels still have the master of port ${before.port}`,
      { everyMs: 50 },
    );
    return this.master();
  }

  /** Resolves when the Sentinels that run know one another and all replicas that run, and all is up. */
  async settled(): Promise<void> {
    const replicas = this.servers.filter(({ running }) => running).length - 1;
    for (const sentinel of this.#watching) {
      let said = '';
      await until(
        async () => {
          said = await sentinel.command('SENTINEL', 'REPLICAS', MASTER);
          const linked = said.match(/^master-link-status\nok$/gm)?.length ?? 0;
          const quorum = await sentinel.command('SENTINEL', 'CKQUORUM', MASTER).catch(() => '');
          return linked >= replicas && quorum.startsWith(`OK ${this.#watching.length} `);
        },
        () => `the Sentinel of port ${sentinel.port} does not see all others; it sees the replicas\n${said}`,
        { everyMs: 100, timeoutMs: 60_000 }, // a Sentinel looks at what changed every 10 s
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.sentinels, ...this.servers].map((redis) => redis[Symbol.asyncDispose]()));
  }

  get #watching(): RedisProcess[] {
    return this.sentinels.filter(({ running }) => running);
  }

  async #masterOf(sentinel: RedisProcess): Promise<RedisServer> {
    const answer = await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER);
    const port = Number(answer.split('\n')[1]);
    const master = this.servers.find((server) => server.port === port);
    if (master === undefined) throw new Error(`the Sentinels have an unknown master: ${answer}`);
    return master;
  }
}
