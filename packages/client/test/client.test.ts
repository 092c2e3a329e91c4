import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from '../src/index.ts';
import { FakeServer } from './support/fake-server.ts';
import { connectMessage, feedback } from './support/messages.ts';
import { until } from './support/wait.ts';

describe('smoke', () => {
  it('works', async () => {
    await using server = await FakeServer.start();
    const errors: unknown[] = [];
    const client = createClient({
      url: server.url,
      getToken: () => 't',
      onError: (e) => errors.push(e),
      onGap: 'ignore',
    });
    const sub = client.subscribe(123);
    const got: unknown[] = [];
    const states: string[] = [];
    sub.on('state', (s) => states.push(s.name));
    sub.on('feedback_update', (data, p) => {
      got.push([data.feedback_id, p.recovered]);
    });
    const c = await server.connection();
    await c.said('subscribe');
    c.push(
      connectMessage(123, { from: 'e1:2', to: 'e1:4', count: 2 }),
      feedback(123, 3),
      feedback(123, 4),
      feedback(123, 5),
      feedback(123, 5),
    );
    await until(
      () => got.length >= 3,
      () => [got, errors, sub.state],
    );
    expect(got).toEqual([
      [3, true],
      [4, true],
      [5, false],
    ]);
    expect(sub.position).toEqual({ epoch: 'e1', offset: 5 });
    expect(states).toEqual(['catching_up', 'live']);
    expect(client.state.name).toBe('connected');
    c.drop();
    const c2 = await server.connection(2);
    expect(await c2.said('subscribe')).toEqual({ type: 'subscribe', diagnosis_id: 123, after: 'e1:5' });
    client.close();
    expect(errors).toEqual([]);
  });
});
