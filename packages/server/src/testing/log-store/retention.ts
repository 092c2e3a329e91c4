import { describe, expect, it } from 'vitest';
import { appendAll, EVERYTHING, type Open, offsetsOf, range, withoutRecipients } from './support.ts';

export function describeRetention(open: Open): void {
  describe('retention by count', () => {
    it('removes the oldest only when there is one too many', async () => {
      const { store } = await open({ publications: 3 });
      await appendAll(store, 1, ['a', 'b', 'c']);
      expect(await store.state(1)).toMatchObject({ top: 3, earliest: 1 });
      await appendAll(store, 1, ['d']);
      expect(await store.state(1)).toMatchObject({ top: 4, earliest: 2 });
      expect(offsetsOf(await store.read(1, 0, EVERYTHING))).toEqual([2, 3, 4]);
    });

    it('reads exactly around the floor', async () => {
      const { store } = await open({ publications: 5 });
      await appendAll(store, 1, range(1, 20).map(String));
      const read = async (after: number) => offsetsOf(await store.read(1, after, EVERYTHING));
      expect(await read(14)).toEqual([16, 17, 18, 19, 20]);
      expect(await read(15)).toEqual([16, 17, 18, 19, 20]);
      expect(await read(16)).toEqual([17, 18, 19, 20]);
    });

    it('retains a single publication', async () => {
      const { store } = await open({ publications: 1 });
      expect(await appendAll(store, 1, ['a', 'b', 'c'])).toEqual([1, 2, 3]);
      expect(await store.read(1, 0, EVERYTHING)).toMatchObject({
        top: 3,
        earliest: 3,
        publications: [{ offset: 3, text: 'c' }],
      });
    });

    it('retains the newest of a burst that is larger than it', async () => {
      const { store } = await open({ publications: 10 });
      await Promise.all(range(1, 100).map((n) => store.append(1, { text: `${n}` })));
      expect(offsetsOf(await store.read(1, 0, EVERYTHING))).toEqual(range(91, 100));
    });

    it('counts each topic for itself', async () => {
      const { store } = await open({ publications: 2 });
      await appendAll(store, 1, ['a', 'b']);
      await appendAll(store, 2, ['c', 'd', 'e']);
      expect((await store.state(1)).earliest).toBe(1);
      expect((await store.state(2)).earliest).toBe(2);
    });

    it('leaves no hole for readers that race the trimming at the floor', async () => {
      const { store } = await open({ publications: 8 });
      await appendAll(store, 1, range(1, 8).map(String));
      let floor = 1;
      for (const _ of range(1, 200)) {
        const appends = range(1, 3).map((n) => store.append(1, { text: `${n}` }));
        const starts = [floor - 2, floor - 1, floor];
        const pages = await Promise.all(starts.map((after) => store.read(1, after, EVERYTHING)));
        for (const [index, page] of pages.entries()) {
          const first = Math.max((starts[index] ?? 0) + 1, page.earliest);
          expect(offsetsOf(page)).toEqual(range(first, page.top));
          expect(page.top - page.earliest).toBeLessThan(8);
          floor = page.earliest;
        }
        await Promise.all(appends);
      }
    });
  });

  describe('retention by age', () => {
    it('serves a publication up to its age, and never after', async () => {
      const { store, clock } = await open({ ageMs: 1_000 });
      const { position } = await store.append(1, { text: 'a' });
      clock.advance(999);
      expect(offsetsOf(await store.read(1, 0, EVERYTHING))).toEqual([1]);
      clock.advance(1);
      const gone = { epoch: position.epoch, top: 1, earliest: 2 };
      expect(await store.read(1, 0, EVERYTHING)).toEqual({ ...gone, publications: [] });
      expect(await store.state(1)).toEqual(gone);
      expect(await store.unreceived()).toEqual(new Map());
    });

    it('goes on with the next offset when everything has expired', async () => {
      const { store, clock } = await open({ ageMs: 1_000 });
      await appendAll(store, 1, ['a', 'b']);
      clock.advance(1_000);
      expect(await appendAll(store, 1, ['c'])).toEqual([3]);
      expect(offsetsOf(await store.read(1, 0, EVERYTHING))).toEqual([3]);
    });

    it.each(range(0, 8))('finds the boundary when %i of 8 have expired', async (expired) => {
      const { store, clock } = await open({ ageMs: 1_000 });
      for (const n of range(1, 8)) {
        await store.append(1, { text: `${n}` });
        clock.advance(10);
      }
      clock.advance(920 + (expired - 1) * 10);
      const left = range(expired + 1, 8);
      expect(offsetsOf(await store.read(1, 0, EVERYTHING))).toEqual(left);
      expect(await store.state(1)).toMatchObject({ top: 8, earliest: 9 - left.length });
      expect(await store.count(1, 0, Infinity, 'ann')).toBe(left.length);
    });

    it('keeps order and age when the clock is set backwards', async () => {
      const { store, clock } = await open({ ageMs: 1_000 });
      const start = clock.now();
      await store.append(1, { text: 'before' });
      clock.set(start - 500_000);
      await store.append(1, { text: 'after' });
      expect(offsetsOf(await store.read(1, 0, EVERYTHING))).toEqual([1, 2]);
      clock.set(start + 999);
      expect(offsetsOf(await store.read(1, 0, EVERYTHING))).toEqual([1, 2]);
      clock.set(start + 1_000);
      expect(offsetsOf(await store.read(1, 0, EVERYTHING))).toEqual([]);
    });
  });

  describe('the memory of a topic', () => {
    const retention = { ageMs: 1_000, topAgeMs: 5_000 };

    it('outlives its publications', async () => {
      const { store, clock } = await open(retention);
      const { position } = await store.append(1, { text: 'a' });
      await store.receive([{ topic: 1, userId: 'ann', position }]);
      clock.advance(4_999);
      expect(await store.state(1)).toEqual({ epoch: position.epoch, top: 1, earliest: 2 });
      expect(await store.received(1, 'ann')).toEqual(position);
      const next = await store.append(1, { text: 'b' });
      expect(next.position).toEqual({ epoch: position.epoch, offset: 2 });
    });

    it('counts from the last append', async () => {
      const { store, clock } = await open(retention);
      const { position } = await store.append(1, { text: 'a' });
      clock.advance(4_000);
      await store.append(1, { text: 'b' });
      clock.advance(4_999);
      expect((await store.state(1)).epoch).toBe(position.epoch);
      clock.advance(1);
      expect((await store.state(1)).epoch).not.toBe(position.epoch);
    });

    it.each(['append', 'state', 'read'] as const)('ends, and %s begins a new epoch', async (method) => {
      const { store, clock } = await open(retention);
      const { position } = await store.append(1, { text: 'a', idempotency: { key: 'k', memo: 'm' } });
      await store.receive([{ topic: 1, userId: 'ann', position }]);
      clock.advance(5_000);
      expect(await store.received(1, 'ann')).toBeUndefined();
      if (method === 'state') expect(await store.state(1)).toMatchObject({ top: 0, earliest: 1 });
      if (method === 'read') expect((await store.read(1, 0, EVERYTHING)).publications).toEqual([]);
      const begun = await store.append(1, { text: 'b', idempotency: { key: 'k', memo: 'n' } });
      expect(begun.duplicateOf).toBeUndefined();
      expect(begun.position.offset).toBe(1);
      expect(begun.position.epoch).not.toBe(position.epoch);
      expect(await store.received(1, 'ann')).toBeUndefined();
      expect(offsetsOf(await store.read(1, 0, EVERYTHING))).toEqual([1]);
      expect(await store.unreceived()).toEqual(new Map([[1, 1]]));
    });

    it('does not come back when the clock is set backwards', async () => {
      const { store, clock } = await open(retention);
      const start = clock.now();
      const entry = { text: 'a', idempotency: { key: 'k', memo: 'm' } };
      const { position } = await store.append(1, entry);
      await store.receive([{ topic: 1, userId: 'ann', position }]);
      clock.advance(5_000);
      const { epoch } = await store.state(1);
      clock.set(start);
      expect(await store.read(1, 0, EVERYTHING)).toEqual({ epoch, top: 0, earliest: 1, publications: [] });
      expect(await store.received(1, 'ann')).toBeUndefined();
      expect(withoutRecipients(await store.append(1, entry))).toEqual({ position: { epoch, offset: 1 } });
    });

    it('begins with the log, also when nothing was appended yet', async () => {
      const { store, clock } = await open(retention);
      const { epoch } = await store.state(1);
      clock.advance(4_999);
      expect((await store.state(1)).epoch).toBe(epoch);
      clock.advance(1);
      expect((await store.state(1)).epoch).not.toBe(epoch);
    });
  });
}
