import { createServer, memoryLog } from '@vitalwire/server';
import { ourCatalogue } from './sleep-update.ts';

const server = createServer({
  auth: { secret: process.env.JWT_SECRET ?? '' },
  log: memoryLog(),
  catalogue: ourCatalogue,
});
console.log(await server.listen({ port: 8000 }));

// Also there now: POST /ws/broadcast-sleep-update, and its entries in /docs, /openapi.json and /asyncapi.json.
await server.broadcast.sleepUpdate(123, { hours: 7.5 });
