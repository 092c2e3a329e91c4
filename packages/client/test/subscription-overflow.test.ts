import { describe, expect, it } from 'vitest';
import { connectMessage, feedback } from './support/messages.ts';
import { live, turn } from './support/subscribed.ts';
import { gate } from './support/wait.ts';

describe('slow handlers', () => {
  it('stop the delivery at the limit, and resume it from the log when they are done', async () => {
    const { subscription, push, said } = await live({ maxWaitingPublications: 3 });
    const first = gate();
    const seen: number[] = [];
    const names: string[] = [];
    subscription.on('state', ({ name }) => names.push(name));
    subscription.on('publication', async ({ offset }) => {
      seen.push(offset);
      await first.promise;
    });
    push(...[1, 2, 3, 4, 5].map((offset) => feedback(1, offset)));
    await turn();
    expect(said().slice(1)).toEqual([{ type: 'unsubscribe', diagnosis_id: 1 }]);
    first.open();
    await turn();
    expect(seen).toEqual([1, 2, 3]);
    expect(names).toEqual(['connecting']);
    expect(said().slice(2)).toEqual([{ type: 'subscribe', diagnosis_id: 1, after: 'e1:3' }]);
    push(connectMessage(1, { from: 'e1:3', to: 'e1:5', count: 2 }), feedback(1, 4), feedback(1, 5));
    await turn();
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(subscription.state.name).toBe('live');
  });

  it('are not flooded with gaps either', async () => {
    const { push, said } = await live({ maxWaitingPublications: 3, onGap: () => new Promise(() => {}) });
    for (let i = 0; i < 10; i++) {
      push(
        connectMessage(1, {
          status: 'gap',
          reason: 'retention',
          last_seen: `e1:${i}`,
          first_available: `e1:${i + 2}`,
          from: `e1:${i + 1}`,
          count: 0,
        }),
      );
    }
    await turn();
    expect(said().slice(1)).toEqual([{ type: 'unsubscribe', diagnosis_id: 1 }]);
  });

  it('are told of a gap also when more follows it than fits', async () => {
    const { subscription, push } = await live({ maxWaitingPublications: 3 });
    const first = gate();
    const statuses: string[] = [];
    subscription.on('state', (state) => {
      if (state.name === 'catching_up') statuses.push(state.continuity.status);
    });
    subscription.on('publication', () => first.promise);
    push(feedback(1, 1));
    await turn();
    push(
      connectMessage(1, {
        status: 'gap',
        reason: 'retention',
        last_seen: 'e1:1',
        first_available: 'e1:6',
        from: 'e1:5',
        to: 'e1:8',
        count: 3,
      }),
      ...[6, 7, 8].map((offset) => feedback(1, offset)),
    );
    first.open();
    await turn();
    expect(statuses).toEqual(['gap']);
  });

  it('are not asked to do more over a new connection either', async () => {
    const { subscription, push, said, cut } = await live({ maxWaitingPublications: 2 });
    const first = gate();
    subscription.on('publication', () => first.promise);
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    await turn();
    await cut();
    expect(said()).toEqual([]);
    first.open();
    await turn();
    expect(said()).toEqual([{ type: 'subscribe', diagnosis_id: 1, after: 'e1:2' }]);
  });
});
