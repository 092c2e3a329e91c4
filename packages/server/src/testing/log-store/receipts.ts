import { describe, expect, it } from 'vitest';
import { appendAll, CONFUSABLE_NAMES, type Open } from './support.ts';

export function describeReceipts(open: Open): void {
  describe('receipts', () => {
    async function openWithFive() {
      const opened = await open();
      await appendAll(opened.store, 1, ['a', 'b', 'c', 'd', 'e']);
      const { epoch } = await opened.store.state(1);
      const receive = (userId: string, ...offsets: number[]) =>
        opened.store.receive(offsets.map((offset) => ({ topic: 1, userId, position: { epoch, offset } })));
      return { ...opened, epoch, receive };
    }

    it('are unknown for a user never seen, and for a topic without a log', async () => {
      const { store, receive } = await openWithFive();
      await receive('ann', 3);
      expect(await store.received(1, 'bob')).toBeUndefined();
      expect(await store.received(2, 'ann')).toBeUndefined();
    });

    it('only ever move on', async () => {
      const { store, epoch, receive } = await openWithFive();
      await receive('ann', 3);
      expect(await store.received(1, 'ann')).toEqual({ epoch, offset: 3 });
      await receive('ann', 2);
      expect(await store.received(1, 'ann')).toEqual({ epoch, offset: 3 });
      await receive('ann', 5);
      expect(await store.received(1, 'ann')).toEqual({ epoch, offset: 5 });
    });

    it('only ever move on within one call and one turn', async () => {
      const { store, epoch, receive } = await openWithFive();
      await Promise.all([receive('ann', 2, 4, 1), receive('ann', 3)]);
      expect(await store.received(1, 'ann')).toEqual({ epoch, offset: 4 });
    });

    it('know a user who has received nothing yet', async () => {
      const { store, epoch, receive } = await openWithFive();
      await receive('ann', 0);
      expect(await store.received(1, 'ann')).toEqual({ epoch, offset: 0 });
    });

    it('are kept for each user and topic', async () => {
      const { store, epoch } = await openWithFive();
      const other = await store.append(2, { text: 'x' });
      await store.receive([
        { topic: 1, userId: 'ann', position: { epoch, offset: 2 } },
        { topic: 1, userId: 'bob', position: { epoch, offset: 4 } },
        { topic: 2, userId: 'ann', position: other.position },
      ]);
      expect(await store.received(1, 'ann')).toEqual({ epoch, offset: 2 });
      expect(await store.received(1, 'bob')).toEqual({ epoch, offset: 4 });
      expect(await store.received(2, 'ann')).toEqual(other.position);
    });

    it('never take one user for another', async () => {
      const { store, receive } = await openWithFive();
      for (const [index, userId] of CONFUSABLE_NAMES.entries()) await receive(userId, index % 5);
      for (const [index, userId] of CONFUSABLE_NAMES.entries()) {
        expect(await store.received(1, userId)).toMatchObject({ offset: index % 5 });
      }
    });

    it('are ignored for another epoch, beyond the top, and for a topic without a log', async () => {
      const { store, epoch, receive } = await openWithFive();
      await receive('ann', 6);
      await store.receive([
        { topic: 1, userId: 'ann', position: { epoch: 'another', offset: 1 } },
        { topic: 2, userId: 'ann', position: { epoch, offset: 1 } },
      ]);
      expect(await store.received(1, 'ann')).toBeUndefined();
      expect(await store.received(2, 'ann')).toBeUndefined();
      await store.receive([]);
    });

    it('survive the publications they speak of', async () => {
      const { store, clock } = await open({ publications: 2, ageMs: 1_000 });
      const { position } = await store.append(1, { text: 'a' });
      await store.receive([{ topic: 1, userId: 'ann', position }]);
      await appendAll(store, 1, ['b', 'c', 'd']);
      clock.advance(1_000);
      expect(await store.received(1, 'ann')).toEqual(position);
    });
  });

  describe('unreceived', () => {
    it('counts what nobody has received, and leaves out topics with none', async () => {
      const { store } = await open();
      await appendAll(store, 1, ['a', 'b', 'c']);
      const other = await store.append(2, { text: 'x' });
      await store.state(3);
      expect(await store.unreceived()).toEqual(
        new Map([
          [1, 3],
          [2, 1],
        ]),
      );
      await store.receive([{ topic: 2, userId: 'ann', position: other.position }]);
      expect(await store.unreceived()).toEqual(new Map([[1, 3]]));
    });

    it('counts from the furthest receipt of any user', async () => {
      const { store } = await open();
      await appendAll(store, 1, ['a', 'b', 'c', 'd']);
      const { epoch } = await store.state(1);
      for (const [userId, offset] of Object.entries({ ann: 1, bob: 3, eve: 2 })) {
        await store.receive([{ topic: 1, userId, position: { epoch, offset } }]);
      }
      expect(await store.unreceived()).toEqual(new Map([[1, 1]]));
      await store.append(1, { text: 'e' });
      expect(await store.unreceived()).toEqual(new Map([[1, 2]]));
    });

    it('counts only what is retained', async () => {
      const { store, clock } = await open({ publications: 3, ageMs: 1_000 });
      await appendAll(store, 1, ['a', 'b', 'c', 'd', 'e']);
      expect(await store.unreceived()).toEqual(new Map([[1, 3]]));
      clock.advance(500);
      await appendAll(store, 1, ['f']);
      clock.advance(500);
      expect(await store.unreceived()).toEqual(new Map([[1, 1]]));
    });
  });
}
