import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SubscribeOptions } from '../src/index.ts';
import { connectMessage, feedback } from './support/messages.ts';
import { clientOverMemory } from './support/subscribed.ts';
import { settle } from './support/timers.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(1);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Two subscriptions of diagnosis 1 and one of 2. The first fails at offset 2 as often as it is told. */
async function failing(options: SubscribeOptions, failures: number) {
  const stored: string[] = [];
  const made = clientOverMemory({
    positions: { load: () => 'e1:0', save: (_, text) => void stored.push(text) },
  });
  const subscription = made.client.subscribe(1, options);
  const seen: number[] = [];
  const later: number[] = [];
  const beside: number[] = [];
  const elsewhere: number[] = [];
  subscription.on('publication', async ({ offset }) => {
    seen.push(offset);
    if (offset === 2 && failures-- > 0) throw new Error('no');
  });
  subscription.on('publication', ({ offset }) => void later.push(offset));
  made.client.subscribe(1).on('publication', ({ offset }) => void beside.push(offset));
  made.client.subscribe(2).on('publication', ({ offset }) => void elsewhere.push(offset));
  await settle();
  const socket = made.transport.last();
  socket.listener.opened();
  for (const topic of [1, 2]) socket.push(connectMessage(topic, { from: 'e1:0' }));
  for (const offset of [1, 2, 3]) socket.push(feedback(1, offset), feedback(2, offset));
  await settle();
  expect([beside, elsewhere]).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
  return { ...made, subscription, seen, later, stored };
}

describe('a handler that fails', () => {
  it('skip: is reported, and the next publication follows; that is the default', async () => {
    for (const options of [{}, { onHandlerError: 'skip' }] as const) {
      const { seen, later, errors, subscription, client } = await failing(options, 1);
      expect([seen, later, errors.map(String)]).toEqual([[1, 2, 3], [1, 2, 3], ['Error: no']]);
      expect(subscription.position?.offset).toBe(3);
      client.close();
    }
  });

  describe('retry', () => {
    it('is called again with growing waits, and what follows waits', async () => {
      const { seen, later, errors, subscription, client } = await failing({ onHandlerError: 'retry' }, 2);
      expect([seen, subscription.position?.offset]).toEqual([[1, 2], 1]);
      await vi.advanceTimersByTimeAsync(500 + 999);
      expect(seen).toEqual([1, 2, 2]);
      await vi.advanceTimersByTimeAsync(1);
      expect([seen, later, errors.length]).toEqual([[1, 2, 2, 2, 3], [1, 2, 3], 2]);
      expect(subscription.position?.offset).toBe(3);
      client.close();
    });

    it('is not called again after the end; the position stays before it', async () => {
      const { seen, subscription, client } = await failing({ onHandlerError: 'retry' }, 9);
      subscription.unsubscribe();
      await vi.advanceTimersByTimeAsync(60_000);
      expect([seen, subscription.position?.offset]).toEqual([[1, 2], 1]);
      client.close();
      expect(vi.getTimerCount()).toBe(0);
    });

    it('is not called again when it was taken away; the others go on', async () => {
      const { client, transport } = clientOverMemory();
      const subscription = client.subscribe(1, { onHandlerError: 'retry' });
      let calls = 0;
      const off = subscription.on('publication', () => {
        calls++;
        throw new Error('no');
      });
      const seen: number[] = [];
      subscription.on('publication', ({ offset }) => void seen.push(offset));
      await settle();
      transport.last().listener.opened();
      transport.last().push(connectMessage(1, { from: 'e1:0' }), feedback(1, 1), feedback(1, 2));
      await settle();
      off();
      await vi.advanceTimersByTimeAsync(500);
      expect([calls, seen]).toEqual([1, [1, 2]]);
      client.close();
    });
  });

  describe('stop', () => {
    it('ends its subscription, at the position before, and nobody else’s', async () => {
      const { seen, later, errors, subscription, client } = await failing({ onHandlerError: 'stop' }, 1);
      expect([seen, later, errors.map(String)]).toEqual([[1, 2], [1], ['Error: no']]);
      expect(subscription.state).toEqual({ name: 'stopped', reason: 'handler_failed' });
      expect(subscription.position?.offset).toBe(1);
      client.close();
    });

    it('holds the stored position until it is unsubscribed', async () => {
      const { subscription, client, stored } = await failing({ onHandlerError: 'stop' }, 1);
      const before = stored.length;
      subscription.unsubscribe();
      expect(stored.slice(before)).toEqual(['e1:3']);
      client.close();
    });
  });

  it('treats onGap and onSnapshot alike', async () => {
    const { client, transport, errors } = clientOverMemory();
    const calls: string[] = [];
    const once = (name: string) => () => {
      calls.push(name);
      if (calls.filter((call) => call === name).length === 1) throw new Error(name);
    };
    const subscription = client.subscribe(1, {
      loadSnapshot: ({ gap }) => ({ state: 0, position: { epoch: 'e1', offset: gap ? 5 : 1 } }),
      onSnapshot: once('snapshot'),
      onGap: once('gap'),
      onHandlerError: 'retry',
    });
    await settle();
    transport.last().listener.opened();
    await vi.advanceTimersByTimeAsync(500);
    transport.last().push(connectMessage(1, { from: 'e1:1' }));
    await settle();
    transport.last().push(
      connectMessage(1, {
        status: 'gap',
        reason: 'retention',
        last_seen: 'e1:1',
        first_available: 'e1:6',
        from: 'e1:5',
        to: 'e1:5',
        count: 0,
      }),
    );
    await vi.advanceTimersByTimeAsync(500);
    expect(calls).toEqual(['snapshot', 'snapshot', 'gap', 'gap', 'snapshot']);
    expect([errors.length, subscription.state.name]).toEqual([2, 'live']);
    client.close();
  });
});
