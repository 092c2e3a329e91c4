import { createServer as createHttpServer } from 'node:http';
import { createServer, sqliteLog } from '@vitalwire/server';

const httpServer = createHttpServer((_request, response) => response.end('the application'));
const vitalwire = createServer({
  auth: { secret: process.env.JWT_SECRET ?? '' },
  log: sqliteLog({ path: 'data/vitalwire.db' }),
});

// Clients connect to ws://127.0.0.1:8000/realtime/ws, publishers post to /realtime/ws/broadcast-…
vitalwire.attach(httpServer, { basePath: '/realtime' });
httpServer.listen(8000, '127.0.0.1', () => console.log(httpServer.address()));
process.once('SIGTERM', () => vitalwire.close().then(() => httpServer.close()));
