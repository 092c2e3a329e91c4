import type { RedisServer } from '@vitalwire/server/testing/redis';
import { wait } from './fault.ts';
import { redisFault } from './redis-fault.ts';

const CONNECTED_WITHIN_MS = 5_000;

/** Redis cuts the connections of some nodes or all. A node has one, for commands and for announcements. */
export const redisConnectionsCut = redisFault(
  { name: 'redis_connections_cut', weight: 5 },
  (redis, _, random) => {
    let cut = 0;
    return {
      durationMs: 0,
      async begin() {
        const server = await redis.master();
        const deadline = performance.now() + CONNECTED_WITHIN_MS;
        // Nodes that have just lost their connections have to come back first.
        for (; cut === 0 && performance.now() < deadline; await wait(50)) {
          const connected = await nodesOf(server);
          for (const id of random.some(connected, random.integer(1, connected.length))) {
            cut += Number(await server.command('CLIENT', 'KILL', 'ID', id));
          }
        }
      },
      end: () => cut,
    };
  },
);

/** The ids of the connections over which nodes hear announcements. */
async function nodesOf(server: RedisServer): Promise<string[]> {
  const list = await server.command('CLIENT', 'LIST', 'TYPE', 'pubsub');
  return [...list.matchAll(/^id=(\d+)/gm)].map(([, id = '']) => id);
}
