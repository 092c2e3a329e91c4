import { createServer, redisLog } from '@vitalwire/server';

const server = createServer({
  auth: { secret: process.env.JWT_SECRET ?? '' },
  log: redisLog({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', logger: console }),
});
console.log(await server.listen({ port: 8000 }));
