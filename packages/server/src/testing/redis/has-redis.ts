import { findRedis, type InstalledRedis, redisIsRequired } from './find-redis.ts';

let found: InstalledRedis | string | undefined;

/**
 * Whether there is a Redis ≥ 7 to start: `describe.skipIf(!hasRedis())`.
 *
 * @throws when there is none and `CI` or `REQUIRE_REDIS` is set, so that nothing passes by being skipped.
 */
export function hasRedis(): boolean {
  found ??= findRedis();
  if (typeof found === 'string' && redisIsRequired()) throw new Error(missing(found));
  return typeof found !== 'string';
}

/** @throws when there is none. */
export function installedRedis(): InstalledRedis {
  found ??= findRedis();
  if (typeof found === 'string') throw new Error(missing(found));
  return found;
}

function missing(reason: string): string {
  return `no Redis 7 or later for the tests: ${reason}`;
}
