import { createServer, sqliteLog } from '@vitalwire/server';

const HOUR_MS = 60 * 60 * 1_000;

const server = createServer({
  auth: { secret: process.env.JWT_SECRET ?? '' },
  log: sqliteLog({
    path: 'data/vitalwire.db',
    retention: {
      publications: 5_000, // a diagnosis, the newest of them
      ageMs: 48 * HOUR_MS,
      topAgeMs: 90 * 24 * HOUR_MS, // what proves "nothing was missed" outlives the publications
    },
  }),
});
console.log(await server.listen({ port: 8000 }));
