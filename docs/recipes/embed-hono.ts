import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { createServer, sqliteLog } from '@vitalwire/server';
import { Hono } from 'hono';

const vitalwire = createServer({
  auth: { secret: process.env.JWT_SECRET ?? '' },
  log: sqliteLog({ path: 'data/vitalwire.db' }),
});

const app = new Hono();
app.get('/', (context) => context.text('the application'));
const httpServer = serve({ fetch: app.fetch, port: 8000 }, console.log) as Server;

vitalwire.attach(httpServer);
process.once('SIGTERM', () => vitalwire.close().then(() => httpServer.close()));
