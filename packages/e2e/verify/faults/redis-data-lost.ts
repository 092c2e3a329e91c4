import type { FaultKind } from './fault.ts';
import { redisFault } from './redis-fault.ts';

/** Somebody deletes a key of a topic. */
function keyDeleted(name: string, key: string, newEpochs: boolean): FaultKind {
  return redisFault({ name, weight: 1, newEpochs }, (redis, { population }, random) => {
    let deleted = 0;
    return {
      durationMs: 0,
      async begin() {
        const server = await redis.master();
        // Early in a run, and after another loss, not every topic has a log.
        for (const topic of random.some(population.topics, population.topics.length)) {
          deleted = Number(await server.command('DEL', `vitalwire:{${topic}}:${key}`));
          if (deleted > 0) return;
        }
      },
      end: () => deleted,
    };
  });
}

/** What is known about a log is gone, and its publications are still there. */
export const redisMetadataDeleted = keyDeleted('redis_metadata_deleted', 'head', true);

/** The publications of a log are gone, and what is known about it is still there. */
export const redisStreamDeleted = keyDeleted('redis_stream_deleted', 'entries', false);

/** Everything is gone. */
export const redisEmptied = redisFault({ name: 'redis_emptied', weight: 1, newEpochs: true }, (redis) => {
  let keys = 0;
  return {
    durationMs: 0,
    async begin() {
      const server = await redis.master();
      keys = Number(await server.command('DBSIZE'));
      await server.command('FLUSHALL');
    },
    end: () => keys,
  };
});
