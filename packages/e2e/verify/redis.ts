import { RedisSentinels, RedisServer } from '@vitalwire/server/testing/redis';

/** The Redis under test: one server that keeps everything, or a master with a replica and Sentinels. */
export class Redis implements AsyncDisposable {
  readonly url: string;
  readonly sentinels: RedisSentinels | undefined;
  readonly #only: RedisServer | undefined;

  private constructor(found: RedisServer | RedisSentinels) {
    this.url = found.url;
    this.sentinels = found instanceof RedisSentinels ? found : undefined;
    this.#only = found instanceof RedisSentinels ? undefined : found;
  }

  static async start(kind: 'redis' | 'redis-sentinel'): Promise<Redis> {
    const lasting = { appendfsync: 'always' } as const;
    if (kind === 'redis') return new Redis(await RedisServer.start(lasting));
    return new Redis(await RedisSentinels.start({ ...lasting, downAfterMs: 1_000 }));
  }

  /** The server that takes commands now. */
  async master(): Promise<RedisServer> {
    const master = this.#only ?? (await this.sentinels?.master());
    if (master === undefined) throw new Error('there is no Redis');
    return master;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#only ?? this.sentinels)?.[Symbol.asyncDispose]();
  }
}
