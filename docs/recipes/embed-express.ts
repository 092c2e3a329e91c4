import { createServer, sqliteLog } from '@vitalwire/server';
import express from 'express';

const vitalwire = createServer({
  auth: { secret: process.env.JWT_SECRET ?? '' },
  log: sqliteLog({ path: 'data/vitalwire.db' }),
});

const app = express();
app.post('/feedback', express.json(), async (request, response) => {
  const { offset } = await vitalwire.broadcast.feedbackUpdate(123, request.body);
  response.json({ offset });
});
const httpServer = app.listen(8000, () => console.log(httpServer.address()));

vitalwire.attach(httpServer);
process.once('SIGTERM', () => vitalwire.close().then(() => httpServer.close()));
