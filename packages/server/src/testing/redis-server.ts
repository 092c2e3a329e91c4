// Real Redis for tests: one server, a Cluster, Sentinels. For any process, with or without a test runner.

export { RedisCluster, type RedisClusterOptions } from './redis/cluster.ts';
export { hasRedis } from './redis/has-redis.ts';
export type { RedisProcess } from './redis/process.ts';
export { RedisSentinels, type RedisSentinelsOptions } from './redis/sentinels.ts';
export { RedisServer, type RedisServerOptions } from './redis/server.ts';
