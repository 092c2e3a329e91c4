import { describe, expect, it } from 'vitest';
import type { PositionStore } from '../src/index.ts';
import { connectMessage, feedback } from './support/messages.ts';
import { asked, live, turn } from './support/subscribed.ts';
import { tokenOf } from './support/tokens.ts';
import { gate } from './support/wait.ts';

describe('positions', () => {
  function memoryStore(): PositionStore & { items: Map<string, string> } {
    const items = new Map<string, string>();
    return { items, load: (key) => items.get(key), save: (key, position) => void items.set(key, position) };
  }

  it('survive a reload: the next client resumes', async () => {
    const positions = memoryStore();
    const { subscription, push, client } = await live({ positions });
    subscription.on('publication', () => {});
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    client.close();
    const next = await asked({ positions });
    expect(next.said()).toEqual([{ type: 'subscribe', diagnosis_id: 1, after: 'e1:2' }]);
    expect(next.subscription.position).toEqual({ epoch: 'e1', offset: 2 });
  });

  it('hold what was handled, not what was received', async () => {
    const positions = memoryStore();
    const { subscription, push } = await live({ positions });
    subscription.on('publication', ({ offset }) => (offset === 2 ? new Promise<void>(() => {}) : undefined));
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    await turn();
    expect([...positions.items.values()]).toEqual(['e1:1']);
  });

  it('go before the start that is asked for by name', async () => {
    const positions = memoryStore();
    positions.items.set('vitalwire:1:ann:ws://localhost/ws', 'e1:7');
    const { said } = await asked({ positions, after: 'latest' });
    expect(said()[0]?.after).toBe('e1:7');
  });

  it('hold what a handler has done that ended its subscription', async () => {
    const positions = memoryStore();
    const { subscription, push } = await live({ positions });
    subscription.on('publication', () => subscription.unsubscribe());
    push(feedback(1, 1));
    await turn();
    expect([...positions.items.values()]).toEqual(['e1:1']);
  });

  it('are never inherited by another user', async () => {
    const positions = memoryStore();
    const { subscription, push } = await live({ positions });
    subscription.on('publication', () => {});
    push(feedback(1, 1));
    await turn();
    const other = await asked({ positions, getToken: () => tokenOf({ sub: 'bob' }) });
    expect(other.said()).toEqual([{ type: 'subscribe', diagnosis_id: 1 }]);
  });

  it('change with the user of one client, and nothing of the other user is handed out', async () => {
    const positions = memoryStore();
    const saved: string[] = [];
    const { save } = positions;
    positions.save = (key, position) => {
      saved.push(`${key.split(':')[2]} ${position}`);
      return save(key, position);
    };
    let sub = 'ann';
    const { subscription, push, cut, said } = await live({ positions, getToken: () => tokenOf({ sub }) });
    const first = gate();
    const seen: number[] = [];
    subscription.on('publication', async ({ offset }) => {
      seen.push(offset);
      if (offset === 1) await first.promise;
    });
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    sub = 'bob';
    await cut();
    expect(said()).toEqual([{ type: 'subscribe', diagnosis_id: 1 }]);
    push(connectMessage(1, { status: 'fresh', from: 'e1:4', to: 'e1:5', count: 1 }), feedback(1, 5));
    first.open();
    await turn();
    expect(seen).toEqual([1, 5]);
    expect(saved).toEqual(['ann e1:0', 'bob e1:4', 'bob e1:5']);
    expect(Object.fromEntries(positions.items)).toEqual({
      'vitalwire:1:ann:ws://localhost/ws': 'e1:0',
      'vitalwire:1:bob:ws://localhost/ws': 'e1:5',
    });
  });

  it('are kept nowhere while the user is unknown, but resume within the client', async () => {
    const positions = memoryStore();
    const { subscription, push, cut, said } = await live({ positions, getToken: () => 'opaque' });
    subscription.on('publication', () => {});
    push(feedback(1, 1));
    await turn();
    await cut();
    expect(said()[0]?.after).toBe('e1:1');
    expect(positions.items.size).toBe(0);
  });

  it.each(['', 'e1', 'e1:-1', 'e1:1.5', '{}'])('that read %j are ignored', async (text) => {
    const { said } = await asked({ positions: { load: () => text, save: () => {} } });
    expect(said()).toEqual([{ type: 'subscribe', diagnosis_id: 1 }]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('full'))],
  ])('that cannot be kept, as save %s, are reported and do no harm', async (_, save) => {
    const load = () => {
      throw new Error('unreadable');
    };
    const { subscription, push, errors } = await live({ positions: { load, save } });
    subscription.on('publication', () => {});
    push(feedback(1, 1));
    await turn();
    expect(subscription.position?.offset).toBe(1);
    expect(errors.map(String)).toEqual(['Error: unreadable', 'Error: full', 'Error: full']);
  });
});
