import { createServer, httpAuthorize, memoryLog } from '@vitalwire/server';

const server = createServer({
  auth: { secret: process.env.JWT_SECRET ?? '' },
  log: memoryLog(),
  authorize: httpAuthorize({
    url: 'http://127.0.0.1:3000/owns',
    headers: { Authorization: `Bearer ${process.env.BACKEND_KEY}` },
    cacheMs: 5_000,
  }),
});
console.log(await server.listen({ port: 8000 }));
