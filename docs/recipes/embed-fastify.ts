import { createServer, sqliteLog } from '@vitalwire/server';
import fastify from 'fastify';

const vitalwire = createServer({
  auth: { secret: process.env.JWT_SECRET ?? '' },
  log: sqliteLog({ path: 'data/vitalwire.db' }),
});

const app = fastify();
app.get('/', async () => 'the application');
vitalwire.attach(app.server);
// One address: for `localhost` Fastify opens a second server, which `attach` does not reach.
console.log(await app.listen({ port: 8000, host: '127.0.0.1' }));
process.once('SIGTERM', () => vitalwire.close().then(() => app.close()));
