import { createServer, signToken } from '@vitalwire/server';
import { ManualClock } from '@vitalwire/server/testing';
import { expect, it, onTestFinished } from 'vitest';

const secret = 'a secret of this test, long enough for HS256';

it('ends a connection when its token expires', async () => {
  const clock = new ManualClock(Date.now());
  const server = createServer({ auth: { secret }, clock });
  onTestFinished(() => server.close());
  const { port } = await server.listen({ port: 0 });
  const token = await signToken({ secret, sub: '7', diagnoses: [123], expiresInSeconds: 15 });

  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/123?token=${token}`);
  await new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }));
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
  // More than the 5 s by which clocks may differ, and less than the 25 s after which a quiet peer is pinged: in this test
  // no real time passes in which a ping could be answered.
  clock.advance(21_000);

  expect((await closed).code).toBe(4401);
});
