import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { redisLog } from '../../src/log/redis.ts';
import { describeLogStore, type LogStoreConditions } from '../../src/testing/index.ts';
import { hasRedis, RedisServer } from '../../src/testing/redis-server.ts';

describe.skipIf(!hasRedis())('on a real Redis', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  describeLogStore(
    'redisLog',
    async (conditions) => {
      const prefix = randomUUID();
      const open = async (given: LogStoreConditions) => {
        const store = redisLog({ url: redis.url, prefix, ...given });
        await store.nodes?.check();
        return store;
      };
      return { store: await open(conditions), reopen: open };
    },
    { durable: true, nodes: true, modelRuns: 30 },
  );
});
