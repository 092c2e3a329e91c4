import { describe, expect, it, vi } from 'vitest';
import { connectMessage, feedback } from './support/messages.ts';
import { asked, live, turn } from './support/subscribed.ts';
import { gate } from './support/wait.ts';

describe('duplicates', () => {
  it('are dropped, at and below the position and while they wait', async () => {
    const { subscription, push } = await asked();
    const seen: number[] = [];
    subscription.on('publication', ({ offset }) => void seen.push(offset));
    push(connectMessage(1, { from: 'e1:2', to: 'e1:4', count: 2 }));
    push(
      feedback(1, 1),
      feedback(1, 2),
      feedback(1, 3),
      feedback(1, 3),
      feedback(1, 4),
      feedback(1, 2),
      feedback(1, 5),
    );
    await turn();
    push(feedback(1, 4), feedback(1, 5), feedback(1, 6));
    await turn();
    expect(seen).toEqual([3, 4, 5, 6]);
  });
});

describe('catching up', () => {
  it('marks what was published before the subscription, and is live after the last of it was handled', async () => {
    const { subscription, push } = await asked();
    const log: unknown[] = [];
    const { promise, open } = gate();
    subscription.on('state', ({ name }) => void log.push(name));
    subscription.on('publication', async ({ offset, recovered }) => {
      log.push([offset, recovered]);
      if (offset === 2) await promise;
    });
    push(
      connectMessage(1, { from: 'e1:0', to: 'e1:2', count: 2 }),
      feedback(1, 1),
      feedback(1, 2),
      feedback(1, 3),
    );
    await turn();
    expect(log).toEqual(['catching_up', [1, true], [2, true]]);
    expect(subscription.state).toMatchObject({
      name: 'catching_up',
      continuity: { status: 'recovered', count: 2 },
    });
    open();
    await turn();
    expect(log.slice(3)).toEqual(['live', [3, false]]);
  });

  it('ends after the counted publications, though the top belongs to another user', async () => {
    const { subscription, push } = await asked();
    subscription.on('publication', () => {});
    push(connectMessage(1, { from: 'e1:0', to: 'e1:9', count: 2 }), feedback(1, 1));
    await turn();
    expect(subscription.state.name).toBe('catching_up');
    push(feedback(1, 4));
    await turn();
    expect(subscription.state.name).toBe('live');
  });

  it('ends with a last publication that is a duplicate', async () => {
    const { subscription, push, cut } = await live();
    subscription.on('publication', () => {});
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    await cut();
    push(connectMessage(1, { from: 'e1:0', to: 'e1:2', count: 2 }), feedback(1, 1), feedback(1, 2));
    await turn();
    expect(subscription.state.name).toBe('live');
  });

  it('ends with a last publication that cannot be read', async () => {
    const { subscription, push } = await asked();
    push(connectMessage(1, { from: 'e1:0', to: 'e1:1', count: 1 }), feedback(1, 1, { data: {} }));
    await vi.waitFor(() => expect(subscription.state.name).toBe('live'));
  });

  it('is over at once when nothing was missed', async () => {
    const { subscription } = await live();
    expect(subscription.state).toMatchObject({ name: 'live', continuity: { status: 'live', fresh: true } });
    expect(subscription.position).toEqual({ epoch: 'e1', offset: 0 });
  });

  it('is told apart from what is live also where handlers are slow and a gap follows', async () => {
    const { subscription, push } = await asked({ onGap: () => void log.push('gap') });
    const log: unknown[] = [];
    const first = gate();
    subscription.on('state', ({ name }) => log.push(name));
    subscription.on('publication', async ({ offset, recovered }) => {
      log.push([offset, recovered]);
      await first.promise;
    });
    push(connectMessage(1, { from: 'e1:0', to: 'e1:1', count: 1 }), feedback(1, 1), feedback(1, 2));
    push(
      connectMessage(1, {
        status: 'gap',
        reason: 'retention',
        last_seen: 'e1:2',
        first_available: 'e1:5',
        from: 'e1:4',
        to: 'e1:5',
        count: 1,
      }),
      feedback(1, 5),
      feedback(1, 6),
    );
    await turn();
    first.open();
    await turn();
    expect(log).toEqual([
      'catching_up',
      [1, true],
      'live',
      [2, false],
      'gap',
      'catching_up',
      [5, true],
      'live',
      [6, false],
    ]);
  });

  it('does not become live from a connection that ended', async () => {
    const { subscription, push, transport } = await asked();
    const { promise, open } = gate();
    subscription.on('publication', () => promise);
    push(connectMessage(1, { from: 'e1:0', to: 'e1:1', count: 1 }), feedback(1, 1));
    await turn();
    transport.last().listener.lost(1006, '');
    open();
    await turn();
    expect(subscription.state.name).toBe('waiting');
    expect(subscription.position?.offset).toBe(1);
  });

  it('does not begin from a connect of a connection that ended', async () => {
    const { subscription, push, transport, cut } = await live();
    const { promise, open } = gate();
    subscription.on('publication', () => promise);
    push(feedback(1, 1));
    await cut();
    push(connectMessage(1, { from: 'e1:1', to: 'e1:2', count: 1 }));
    transport.last().listener.lost(1006, '');
    open();
    await turn();
    expect(subscription.position?.offset).toBe(1);
    expect(subscription.state.name).toBe('waiting');
  });
});

describe('after a cut', () => {
  it('asks for what follows the last publication received, handled or not', async () => {
    const { subscription, push, cut, said } = await live();
    const { promise, open } = gate();
    const seen: unknown[] = [];
    subscription.on('publication', async ({ offset, recovered }) => {
      seen.push([offset, recovered]);
      await promise;
    });
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    await cut();
    expect(said()).toEqual([{ type: 'subscribe', diagnosis_id: 1, after: 'e1:2' }]);
    push(connectMessage(1, { from: 'e1:2', to: 'e1:3', count: 1 }), feedback(1, 3), feedback(1, 4));
    open();
    await turn();
    expect(seen).toEqual([
      [1, false],
      [2, false],
      [3, true],
      [4, false],
    ]);
  });

  it('hears nothing of a topic before its connect', async () => {
    const { subscription, push, cut } = await live();
    const seen: number[] = [];
    subscription.on('publication', ({ offset }) => void seen.push(offset));
    await cut();
    push(feedback(1, 7));
    await turn();
    expect(seen).toEqual([]);
  });

  it('keeps asking for the same start as long as nothing was received', async () => {
    const { said, cut } = await asked({ after: 'earliest' });
    expect(said()[0]?.after).toBe('earliest');
    await cut();
    expect(said()[0]?.after).toBe('earliest');
  });
});
