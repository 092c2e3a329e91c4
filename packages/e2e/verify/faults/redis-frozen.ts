import { readFileSync } from 'node:fs';
import type { RedisServer } from '@vitalwire/server/testing/redis';
import { redisFault } from './redis-fault.ts';

/** Redis stops in the middle of whatever it does, and goes on some time later as if nothing had been. */
export const redisFrozen = redisFault({ name: 'redis_frozen', weight: 3 }, (redis, _, random) => {
  let server: RedisServer | undefined;
  let frozen = 0;
  return {
    // Below and above the 3 s that a node waits for an answer.
    durationMs: random.chance(0.3) ? random.between(4_000, 8_000) : random.between(200, 2_500),
    async begin() {
      server = await redis.master();
      server.pause();
    },
    async end() {
      // pid, name in parentheses, state
      if (server && /\) T /.test(readFileSync(`/proc/${server.pid}/stat`, 'utf8'))) frozen++;
      server?.resume();
      await redis.sentinels?.settled();
      return frozen;
    },
  };
});
