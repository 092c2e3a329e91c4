import { describe, expect, it } from 'vitest';
import type { HandlerContext, PositionStore, SubscribeOptions } from '../src/index.ts';
import { connectMessage, feedback } from './support/messages.ts';
import { clientOverMemory, turn } from './support/subscribed.ts';
import { gate } from './support/wait.ts';

const gap = connectMessage(1, {
  status: 'gap',
  reason: 'retention',
  last_seen: 'e1:2',
  first_available: 'e1:6',
  from: 'e1:5',
  to: 'e1:5',
  count: 0,
});

/** A live subscription, and the positions that were stored. */
async function live(options: SubscribeOptions) {
  const stored: string[] = [];
  const positions: PositionStore = { load: () => 'e1:0', save: (_, position) => void stored.push(position) };
  const made = clientOverMemory({ positions });
  const subscription = made.client.subscribe(1, options);
  await turn();
  made.transport.last().listener.opened();
  made.transport.last().push(connectMessage(1, { from: 'e1:0' }));
  await turn();
  const push = async (...messages: object[]) => {
    made.transport.last().push(...messages);
    await turn();
  };
  return { ...made, subscription, stored, push };
}

describe('a publication counts as processed', () => {
  it('afterHandler: when all handlers are done, which is the default', async () => {
    const handler = gate();
    for (const options of [{}, { commit: 'afterHandler' }] as const) {
      const { subscription, stored, push } = await live(options);
      subscription.on('publication', () => handler.promise);
      await push(feedback(1, 1), feedback(1, 2));
      expect(stored).toEqual(options.commit ? ['e1:1', 'e1:2'] : []);
      handler.open();
      await turn();
      expect(stored).toEqual(['e1:1', 'e1:2']);
    }
  });

  it('onReceive: when it is handed out, and no earlier', async () => {
    const { subscription, stored, push } = await live({ commit: 'onReceive' });
    await push(feedback(1, 1));
    expect(stored).toEqual([]);
    subscription.on('publication', () => new Promise(() => {}));
    await push(feedback(1, 2));
    expect([stored, subscription.position?.offset]).toEqual([['e1:1'], 1]);
  });

  describe('manual', () => {
    it('when its context says so', async () => {
      const { subscription, stored, push } = await live({ commit: 'manual' });
      const contexts: HandlerContext[] = [];
      subscription.on('feedback_update', (_data, _publication, context) => void contexts.push(context));
      await push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
      expect([contexts.length, stored]).toEqual([3, []]);
      contexts[1]?.commit();
      expect([stored, subscription.position?.offset]).toEqual([['e1:2'], 2]);
    });

    it('never less than before', async () => {
      const { subscription, stored, push } = await live({ commit: 'manual' });
      const contexts: HandlerContext[] = [];
      subscription.on('publication', (_publication, context) => void contexts.push(context));
      await push(feedback(1, 1), feedback(1, 2));
      contexts[1]?.commit();
      contexts[0]?.commit();
      contexts[1]?.commit();
      expect(stored).toEqual(['e1:2']);
    });

    it('with everything before it, also what could not be read, and not before', async () => {
      const { subscription, stored, push } = await live({ commit: 'manual' });
      subscription.on('publication', ({ offset }, { commit }) => offset === 3 && commit());
      await push(feedback(1, 1), feedback(1, 2, { type: 'mood_update' }));
      expect(stored).toEqual([]);
      await push(feedback(1, 3));
      expect(stored).toEqual(['e1:3']);
    });

    it('in a loop, when the subscription says so', async () => {
      const { subscription, stored, push } = await live({ commit: 'manual' });
      await push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
      for await (const { offset } of subscription) {
        if (offset === 2) subscription.commit();
        if (offset === 3) break;
      }
      await turn();
      expect(stored).toEqual(['e1:2']);
    });

    it('holds what came before a gap, unless the handler of the gap says otherwise', async () => {
      for (const onGap of [() => {}, (_: unknown, { commit }: HandlerContext) => commit()]) {
        const { subscription, stored, push } = await live({ commit: 'manual', onGap });
        subscription.on('publication', () => {});
        await push(feedback(1, 1), feedback(1, 2), gap);
        expect(stored).toEqual(onGap.length > 0 ? ['e1:5'] : []);
      }
    });

    it('of an epoch before the position is too late', async () => {
      const { subscription, stored, push } = await live({ commit: 'manual' });
      const contexts: HandlerContext[] = [];
      subscription.on('publication', (_publication, context) => void contexts.push(context));
      await push(feedback(1, 1), gap, feedback(1, 6));
      contexts[1]?.commit();
      contexts[0]?.commit();
      expect(stored).toEqual(['e1:6']);
    });
  });
});
