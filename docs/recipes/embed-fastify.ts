import { createServer, sqliteLog } from '@vitalwire/server';
import fastify from 'fastify';

const vitalwire = createServer({
  auth: { secret: process.env.JWT_SECRET ?? '' },
  log: sqliteLog({ path: 'data/vitalwire.db' }),
});

const app = fastify();
app.get('/', async () => 'the application');
vitalwire.attach(app.server);
console.log(await app.listen({ port: 8000 }));
process.once('SIGTERM', () => vitalwire.close().then(() => app.close()));
