import { describe, expect, it, vi } from 'vitest';
import { LogUnavailableError } from '../../errors.ts';
import { Listener, listen } from './listener.ts';
import { EVERYTHING, type Open, offsetOf, offsetsOf, range } from './support.ts';

export function describeClosing(open: Open): void {
  describe('close', () => {
    it('finishes what was begun', async () => {
      const { store } = await open();
      const listener = await listen(store, 1);
      const begun = Promise.all(range(1, 20).map((n) => store.append(1, { text: `${n}` })));
      const state = store.state(2);
      await store.close();
      expect((await begun).map(offsetOf)).toEqual(range(1, 20));
      expect(await state).toMatchObject({ top: 0 });
      // What is announced between nodes is heard by those that are left.
      if (!store.nodes) expect((await listener.take(20)).flatMap(offsetsOf)).toEqual(range(1, 20));
    });

    it('lets every later call reject', async () => {
      const { store } = await open();
      const { position } = await store.append(1, { text: 'a' });
      const listener = new Listener(store);
      const closing = store.close();
      const { nodes } = store;
      const calls = () => [
        store.append(1, { text: 'b' }),
        store.read(1, 0, EVERYTHING),
        store.state(1),
        store.count(1, 0, 1, 'ann'),
        store.received(1, 'ann'),
        store.receive([{ topic: 1, userId: 'ann', position }]),
        store.unreceived(),
        ...(nodes ? [nodes.attend(1, new Map()), nodes.check(), nodes.census(), nodes.revoke('ann', 1)] : []),
      ];
      const during = await Promise.allSettled(calls());
      await closing;
      for (const call of [...during, ...(await Promise.allSettled(calls()))]) {
        expect(call).toMatchObject({ status: 'rejected', reason: expect.any(LogUnavailableError) });
      }
      expect(await listener.take(0)).toEqual([]);
    });

    it('can be called again', async () => {
      const { store } = await open();
      await Promise.all([store.close(), store.close()]);
      await store.close();
    });

    it('can be called by a listener, and still finishes what was begun', async () => {
      const { store } = await open();
      const listener = await listen(store, 1, 2);
      let closed: Promise<void> | undefined;
      store.onAnnouncement(() => {
        closed ??= store.close();
      });
      const begun = [store.append(1, { text: 'a' }), store.append(2, { text: 'b' })];
      expect((await Promise.all(begun)).map(offsetOf)).toEqual([1, 1]);
      await vi.waitFor(() => expect(closed).toBeDefined());
      await closed;
      if (!store.nodes) expect((await listener.take(2)).map(({ topic }) => topic)).toEqual([1, 2]);
    });
  });
}
