import { OptionError } from '../errors.ts';
import { type Logger, silentLogger } from '../logger.ts';
import { refuseUnknown } from '../options.ts';
import type { LogStore, Retention } from './log-store.ts';
import { parseAddress } from './redis/address.ts';
import { prefixIn } from './redis/keys.ts';
import { RedisLogStore } from './redis/redis-log-store.ts';
import { resolveRetention } from './retention.ts';

/** Options of `redisLog`. */
export interface RedisLogOptions {
  /**
   * Where Redis is: `redis://[user:password@]host:port[/database]`, `redis+sentinel://host:port,host:port/master` or
   * `redis+cluster://host:port,host:port`; `rediss` instead of `redis` for TLS. User and password are those of Redis;
   * its Sentinels are given the parameters `sentinel_username` and `sentinel_password`, in the same encoding.
   */
  url: string;
  /**
   * How much is kept. The same for every node. A longer age than before counts for a topic from about its next
   * publication on. @default 1,000 publications and 7 days a topic
   */
  retention?: Partial<Retention>;
  /** What the names of all keys and channels begin with. @default `vitalwire` */
  prefix?: string;
  /**
   * For the answer of Redis, in milliseconds. Beyond it the connection is given up: what waited for an answer rejects,
   * an append with an `OutcomeUnknownError`, and nothing is sent again. @default 3_000
   */
  commandTimeoutMs?: number;
  /** Where a lost connection is reported, and what this Redis may lose. @default silence */
  logger?: Logger;
  /** Milliseconds since 1970; for tests. @default the clock of Redis, the same for all nodes */
  now?: () => number;
}

const OPTION_NAMES: readonly string[] = [
  'url',
  'retention',
  'prefix',
  'commandTimeoutMs',
  'logger',
  'now',
] satisfies (keyof RedisLogOptions)[];

/**
 * A log store in Redis 7 or later, shared by any number of servers: each of them serves every diagnosis, and any client
 * resumes at any of them. It needs the package `@redis/client`, and begins to connect at once; calls wait for this first
 * attempt. While Redis is away they reject with a `LogUnavailableError`. `log.nodes.check()` tells whether it can be used.
 *
 * What Redis acknowledged survives what Redis survives: everything with `appendfsync always` on a single server. Where
 * Redis may have forgotten something, after a restart with other settings or after a failover, every log begins a new
 * epoch, and its subscribers are told of a gap.
 *
 * @throws {OptionError} naming the option that cannot be used.
 */
export function redisLog(options: RedisLogOptions): LogStore {
  refuseUnknown(options, OPTION_NAMES, '');
  const { url, prefix = 'vitalwire', commandTimeoutMs = 3_000, logger = silentLogger, now } = options;
  if (typeof url !== 'string') throw new OptionError('url', 'must be a string');
  if (!/^[\w.:-]{1,64}$/.test(prefix)) {
    throw new OptionError('prefix', 'must be 1 to 64 letters, digits or any of _ . : -');
  }
  if (!(commandTimeoutMs >= 1 && commandTimeoutMs <= 60_000)) {
    throw new OptionError('commandTimeoutMs', 'must be a number from 1 to 60000');
  }
  if (now !== undefined && typeof now !== 'function') throw new OptionError('now', 'must be a function');
  const address = parseAddress(url);
  return new RedisLogStore({
    address,
    prefix: prefixIn(address, prefix),
    retention: resolveRetention(options.retention),
    commandTimeoutMs,
    now,
    logger,
  });
}
