import { signToken } from '@vitalwire/server';
import express, { type Request } from 'express';

const app = express();
app.get('/token', async (request, response) => {
  const user = await loggedIn(request);
  if (user === undefined) return void response.sendStatus(401);
  const token = await signToken({
    secret: process.env.JWT_SECRET ?? '',
    sub: user.id,
    diagnoses: user.diagnoses,
    expiresInSeconds: 600,
  });
  response.set('Cache-Control', 'no-store').type('text').send(token);
});
const httpServer = app.listen(3000, '127.0.0.1', () => console.log(httpServer.address()));

/** Stands for your log-in. */
async function loggedIn(request: Request): Promise<{ id: string; diagnoses: number[] } | undefined> {
  return request.headers.cookie === 'session=amara' ? { id: '7', diagnoses: [123, 124] } : undefined;
}
