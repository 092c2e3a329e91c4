import { redisFault } from './redis-fault.ts';

/** Redis cuts the connections over which nodes hear announcements, or all connections. */
export const redisConnectionsCut = redisFault(
  { name: 'redis_connections_cut', weight: 5 },
  (redis, _, random) => {
    let cut = 0;
    return {
      durationMs: 0,
      async begin() {
        const server = await redis.master();
        cut = Number(
          await server.command('CLIENT', 'KILL', 'TYPE', random.chance(0.5) ? 'pubsub' : 'normal'),
        );
      },
      end: () => cut,
    };
  },
);
