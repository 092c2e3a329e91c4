// Makes sure that the tests have a Redis to start, or says that those that need one will be skipped.
import { findRedis, redisIsRequired } from '../packages/server/src/testing/redis/find-redis.ts';
import { canInstall, install } from './apt-get.mjs';

let redis = findRedis();
if (typeof redis === 'string' && canInstall()) {
  console.log(`[setup] ${redis}: installing the redis-server package with apt-get`);
  install('redis-server');
  redis = findRedis();
}

if (typeof redis !== 'string') {
  console.log(`[setup] redis: ${redis.server} ${redis.version}`);
} else {
  const required = redisIsRequired();
  console.error(
    `[setup] redis: ${redis}. ${required ? 'The tests need it' : 'Tests that need it WILL BE SKIPPED'}.\n` +
      '[setup] Redis 7 or later must be on the PATH: apt-get install redis-server, brew install redis, or\n' +
      '[setup] https://redis.io/docs/latest/operate/oss_and_stack/install/; it need not run, the tests start their own.',
  );
  if (required) process.exitCode = 1;
}
