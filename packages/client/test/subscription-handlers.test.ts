import { describe, expect, it } from 'vitest';
import { connectMessage, feedback } from './support/messages.ts';
import { live, turn } from './support/subscribed.ts';
import { gate } from './support/wait.ts';

describe('handlers', () => {
  it('get the data and the publication, by type or all', async () => {
    const { subscription, push } = await live();
    const calls: unknown[] = [];
    subscription.on(
      'feedback_update',
      (data, publication) => void calls.push(['typed', data.rating, publication]),
    );
    subscription.on('publication', (publication) => void calls.push(['any', publication.type]));
    subscription.on('effectiveness_update', () => void calls.push('other'));
    push(feedback(1, 1));
    await turn();
    expect(calls).toEqual([
      ['typed', 4, { ...feedback(1, 1), recovered: false }],
      ['any', 'feedback_update'],
    ]);
  });

  it('are awaited one after another before the next publication is handed out', async () => {
    const { subscription, push } = await live();
    const log: string[] = [];
    const gates = [gate(), gate(), gate(), gate()];
    for (const name of ['a', 'b']) {
      subscription.on('publication', async ({ offset }) => {
        log.push(`${name}${offset}`);
        await gates[log.length - 1]?.promise;
      });
    }
    push(feedback(1, 1), feedback(1, 2));
    const expected = ['a1', 'b1', 'a2', 'b2'];
    for (let i = 0; i < 4; i++) {
      await turn();
      expect(log).toEqual(expected.slice(0, i + 1));
      gates[i]?.open();
    }
  });

  it('move the position only when they have returned', async () => {
    const { subscription, push } = await live();
    const { promise, open } = gate();
    subscription.on('publication', () => promise);
    push(feedback(1, 1));
    await turn();
    expect(subscription.position).toEqual({ epoch: 'e1', offset: 0 });
    open();
    await turn();
    expect(subscription.position).toEqual({ epoch: 'e1', offset: 1 });
  });

  it('that throw are reported; the position moves on and the others are called', async () => {
    const { subscription, push, errors } = await live();
    const seen: number[] = [];
    subscription.on('publication', ({ offset }) => {
      if (offset === 1) throw new Error('thrown');
    });
    subscription.on('publication', async ({ offset }) => {
      if (offset === 2) throw new Error('rejected');
    });
    subscription.on('publication', ({ offset }) => void seen.push(offset));
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    await turn();
    expect(seen).toEqual([1, 2, 3]);
    expect(errors.map(String)).toEqual(['Error: thrown', 'Error: rejected']);
    expect(subscription.position?.offset).toBe(3);
  });

  it('that never return hold up their own subscription only', async () => {
    const { client, subscription, push } = await live();
    const other = client.subscribe(2);
    const seen: number[] = [];
    subscription.on('publication', () => new Promise(() => {}));
    other.on('publication', ({ offset }) => void seen.push(offset));
    push(
      connectMessage(2, { status: 'fresh' }),
      feedback(1, 1),
      feedback(2, 1),
      feedback(1, 2),
      feedback(2, 2),
    );
    await turn();
    expect(seen).toEqual([1, 2]);
    expect(subscription.position?.offset).toBe(0);
  });

  it('are waited for: what arrives before there is any is kept', async () => {
    const { subscription, push } = await live();
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    expect(subscription.position?.offset).toBe(0);
    subscription.on('state', () => {});
    await turn();
    expect(subscription.position?.offset).toBe(0);
    const seen: number[] = [];
    subscription.on('publication', ({ offset }) => void seen.push(offset));
    await turn();
    expect(seen).toEqual([1, 2]);
  });

  it('get nothing after they were taken away', async () => {
    const { subscription, push } = await live();
    const seen: number[] = [];
    const off = subscription.on('publication', ({ offset }) => {
      seen.push(offset);
      off();
    });
    subscription.on('publication', () => {});
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    expect(seen).toEqual([1]);
  });

  it('get nothing more once one of them unsubscribed', async () => {
    const { subscription, push } = await live();
    const seen: string[] = [];
    subscription.on('publication', ({ offset }) => {
      seen.push(`a${offset}`);
      if (offset === 2) subscription.unsubscribe();
    });
    subscription.on('publication', ({ offset }) => void seen.push(`b${offset}`));
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    await turn();
    expect(seen).toEqual(['a1', 'b1', 'a2']);
    expect(subscription.position?.offset).toBe(2);
  });
});
