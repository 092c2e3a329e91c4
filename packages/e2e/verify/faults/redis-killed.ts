import { redisFault } from './redis-fault.ts';

/** Redis is killed, and started again on its data. */
export const redisKilled = redisFault({ name: 'redis_killed', weight: 3 }, (redis, _, random) => {
  let killed = 0;
  let restart = async () => {};
  return {
    durationMs: random.between(0, 2_000),
    async begin() {
      const server = await redis.master();
      killed = server.pid;
      await server.kill();
      restart = async () => {
        await server.restart();
        if (server.pid === killed) killed = 0;
      };
    },
    async end() {
      await restart();
      await redis.sentinels?.settled();
      return killed === 0 ? 0 : 1;
    },
  };
});
