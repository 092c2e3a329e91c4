import { createClient } from '@vitalwire/client';
import { FakeServer } from '@vitalwire/testing/fake';
import { expect, it } from 'vitest';

it('keeps every rating, also those from while it was offline', async () => {
  const server = new FakeServer();
  const client = createClient({
    url: 'ws://fake/ws',
    getToken: () => 'amara',
    transport: server.transport,
    backoff: { baseMs: 10 },
  });
  const ratings: number[] = [];
  const subscription = client.subscribe(7, { onGap: () => ratings.splice(0) });
  subscription.on('feedback_update', ({ rating }) => ratings.push(rating));

  await server.publish.feedbackUpdate(7, { rating: 2 });
  await expect.poll(() => ratings).toEqual([2]);
  server.cut();
  await server.publish.feedbackUpdate(7, { rating: 5 });
  server.restore();
  await expect.poll(() => ratings).toEqual([2, 5]);

  client.close();
});
