import { describe, expect, it } from 'vitest';
import { connectMessage, feedback } from './support/messages.ts';
import { live, turn } from './support/subscribed.ts';

describe('a loop', () => {
  it('moves the position when it asks for the next publication', async () => {
    const { subscription, push } = await live();
    push(feedback(1, 1), feedback(1, 2));
    const loop = subscription[Symbol.asyncIterator]();
    expect(await loop.next()).toMatchObject({ value: { offset: 1 } });
    await turn();
    expect(subscription.position?.offset).toBe(0);
    expect(await loop.next()).toMatchObject({ value: { offset: 2 } });
    expect(subscription.position?.offset).toBe(1);
  });

  it('ends alone when it is left; the next one goes on after it', async () => {
    const { subscription, push } = await live();
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    for await (const { offset } of subscription) if (offset === 2) break;
    await turn();
    expect(subscription.state.name).toBe('live');
    expect(subscription.position?.offset).toBe(2);
    for await (const { offset } of subscription) {
      expect(offset).toBe(3);
      break;
    }
  });

  it('passes on what its body throws', async () => {
    const { subscription, push, errors } = await live();
    push(feedback(1, 1));
    const loop = async () => {
      for await (const { offset } of subscription) throw new Error(`at ${offset}`);
    };
    await expect(loop()).rejects.toThrow('at 1');
    expect([subscription.state.name, errors]).toEqual(['live', []]);
  });

  it('gets every publication beside other loops and handlers', async () => {
    const { subscription, push } = await live();
    const seen: string[] = [];
    const loop = async (name: string) => {
      for await (const { offset } of subscription) {
        seen.push(`${name}${offset}`);
        if (offset === 2) break;
      }
    };
    subscription.on('publication', ({ offset }) => void seen.push(`h${offset}`));
    const loops = Promise.all([loop('a'), loop('b')]);
    push(feedback(1, 1), feedback(1, 2));
    await loops;
    expect(seen.filter((entry) => entry.endsWith('1')).sort()).toEqual(['a1', 'b1', 'h1']);
    expect(seen.filter((entry) => entry.endsWith('2')).sort()).toEqual(['a2', 'b2', 'h2']);
  });

  it('sees a gap through onGap before what comes after it', async () => {
    const log: unknown[] = [];
    const { subscription, push } = await live({ onGap: async ({ reason }) => void log.push(reason) });
    push(
      feedback(1, 1),
      connectMessage(1, {
        status: 'gap',
        reason: 'retention',
        last_seen: 'e1:1',
        first_available: 'e1:5',
        from: 'e1:4',
        to: 'e1:4',
        count: 0,
      }),
      feedback(1, 5),
    );
    for await (const { offset } of subscription) {
      log.push(offset);
      if (offset === 5) break;
    }
    expect(log).toEqual([1, 'retention', 5]);
  });

  it.each(['unsubscribe', 'close'])('ends with its subscription, by %s', async (how) => {
    const { client, subscription } = await live();
    const loop = (async () => {
      for await (const _ of subscription);
      return 'ended';
    })();
    await turn();
    if (how === 'close') client.close();
    else subscription.unsubscribe();
    expect(await loop).toBe('ended');
  });
});
