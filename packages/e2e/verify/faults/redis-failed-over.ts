import { redisFault } from './redis-fault.ts';

/** Sentinels make the replica the master: as asked, or because the master was killed. */
export const redisFailedOver = {
  ...redisFault({ name: 'redis_failed_over', weight: 4, newEpochs: true }, (redis, _, random) => {
    let done = 0;
    return {
      durationMs: 0,
      async begin() {
        const before = await redis.master();
        if (random.chance(0.5)) {
          await before.kill();
          for (;;) {
            const now = await redis.master().catch(() => before);
            if (now !== before) break;
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
          await before.restart();
        } else await redis.sentinels?.failover();
        if ((await redis.master()) !== before) done++;
      },
      async end() {
        await redis.sentinels?.settled();
        return done;
      },
    };
  }),
  unavailable: ({ cluster }: { cluster: { redis?: { sentinels?: unknown } | undefined } }) =>
    cluster.redis?.sentinels === undefined ? 'no Sentinel' : undefined,
};
