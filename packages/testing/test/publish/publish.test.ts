import { catalogue } from '@vitalwire/protocol';
import { describe, expect, expectTypeOf, it } from 'vitest';
import WebSocket from 'ws';
import { backendToken, createPublish, InProcessServer, tokenOf, until } from '../../src/index.ts';

describe('publish', () => {
  it('returns what subscribers receive', async () => {
    await using server = await InProcessServer.start();
    const publish = createPublish(catalogue, { url: server.url, getToken: () => backendToken() });
    const token = await tokenOf({ sub: 'anna', diagnoses: [7] });
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/7?token=${token}`);
    const received: { type: string; timestamp?: string }[] = [];
    socket.on('message', (text) => received.push(JSON.parse(String(text))));
    const published = [
      await publish.effectivenessUpdate(7, { new_effectiveness: 0.5, old_effectiveness: 0.25 }),
      await publish.recommendationUpdate(7, { reason: 'better sleep' }),
      await publish.feedbackUpdate(7, {}, { to: 'anna', idempotencyKey: 'first' }),
    ];
    await until(
      () => received.length === 4,
      () => JSON.stringify(received),
    );
    socket.terminate();
    expect(received.slice(1).map(({ timestamp: _, ...rest }) => rest)).toEqual(published);
    expect(published[0]?.data).toMatchObject({ improvement: 0.25 });
    expectTypeOf(await publish.feedbackUpdate(7)).toExtend<{
      type: 'feedback_update';
      data: { rating: number };
    }>();
    // @ts-expect-error a body of another type
    await expect(publish.feedbackUpdate(7, { reason: 'x' })).resolves.toBeDefined();
  });

  it('says why the server refused', async () => {
    await using server = await InProcessServer.start();
    const publish = createPublish(catalogue, { url: server.url, getToken: () => tokenOf() });
    await expect(publish.feedbackUpdate(7)).rejects.toThrow(
      /feedback_update was not published: 403 .*access_denied/,
    );
  });
});
