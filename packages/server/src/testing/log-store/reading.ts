import { describe, expect, it } from 'vitest';
import { appendAll, CONFUSABLE_NAMES, EVERYTHING, type Open, offsetsOf, range } from './support.ts';

export function describeReading(open: Open): void {
  describe('read and state', () => {
    describe('when the topic has no log', () => {
      it.each(['read', 'state'] as const)('begins one with %s, and keeps its epoch', async (method) => {
        const { store } = await open();
        const begun = method === 'read' ? await store.read(1, 0, EVERYTHING) : await store.state(1);
        expect(begun).toMatchObject({ top: 0, earliest: 1 });
        expect(await store.state(1)).toEqual({ epoch: begun.epoch, top: 0, earliest: 1 });
        const { position } = await store.append(1, { text: 'a' });
        expect(position).toEqual({ epoch: begun.epoch, offset: 1 });
      });

      it('begins a single log when several ask at once', async () => {
        const { store } = await open();
        const states = await Promise.all([store.state(1), store.read(1, 0, EVERYTHING), store.state(1)]);
        const { position } = await store.append(1, { text: 'a' });
        expect(new Set([...states, position].map(({ epoch }) => epoch)).size).toBe(1);
      });
    });

    it('tells where the log stands', async () => {
      const { store } = await open();
      const [, last] = await Promise.all([store.append(1, { text: 'a' }), store.append(1, { text: 'b' })]);
      const state = { epoch: last.position.epoch, top: 2, earliest: 1 };
      expect(await store.state(1)).toEqual(state);
      expect(await store.read(1, 2, EVERYTHING)).toEqual({ ...state, publications: [] });
    });

    it('reads from every offset in pages of every length', async () => {
      const { store } = await open();
      await appendAll(store, 1, ['a', 'b', 'c', 'd', 'e']);
      for (const after of range(-1, 7)) {
        for (const publications of [...range(1, 6), Infinity]) {
          const page = await store.read(1, after, { publications, size: Infinity });
          expect(offsetsOf(page)).toEqual(range(Math.max(1, after + 1), 5).slice(0, publications));
          expect(page).toMatchObject({ top: 5, earliest: 1 });
        }
      }
    });

    it.each([
      [1, 1],
      [10, 1],
      [19, 1],
      [20, 2],
      [29, 2],
      [30, 3],
      [1_000, 3],
    ])('puts into a page of size %i what fits, %i of three texts of 10 characters', async (size, fitting) => {
      const { store } = await open();
      await appendAll(store, 1, ['a'.repeat(10), 'é'.repeat(10), '甘'.repeat(10)]);
      expect(offsetsOf(await store.read(1, 0, { publications: 10, size }))).toEqual(range(1, fitting));
    });

    it('ends a page at whichever bound comes first', async () => {
      const { store } = await open();
      await appendAll(store, 1, ['12345', '12345', '12345']);
      expect(offsetsOf(await store.read(1, 0, { publications: 2, size: 15 }))).toEqual([1, 2]);
      expect(offsetsOf(await store.read(1, 0, { publications: 3, size: 14 }))).toEqual([1, 2]);
    });

    it('is read to the end by small pages', async () => {
      const { store } = await open();
      await appendAll(store, 1, range(1, 25).map(String));
      const seen: number[] = [];
      for (let after = 0; after < 25; after = seen.at(-1) ?? Infinity) {
        seen.push(...offsetsOf(await store.read(1, after, { publications: 4, size: 6 })));
      }
      expect(seen).toEqual(range(1, 25));
    });

    it('sees whole commits only, with the state of the same instant', async () => {
      const { store } = await open();
      const appends = range(1, 200).map((n) => store.append(1, { text: `${n}` }));
      const pages = range(1, 20).map(async () => {
        await appends[0];
        return store.read(1, 0, EVERYTHING);
      });
      for (const page of await Promise.all(pages)) expect(offsetsOf(page)).toEqual(range(1, page.top));
      await Promise.all(appends);
    });
  });

  describe('count', () => {
    it('counts what a user may receive between two offsets', async () => {
      const { store } = await open();
      const entries = [{ text: '1' }, { text: '2', to: 'ann' }, { text: '3', to: 'bob' }, { text: '4' }];
      await appendAll(store, 1, entries);
      const visible = new Map([
        ['ann', [1, 2, 4]],
        ['bob', [1, 3, 4]],
        ['eve', [1, 4]],
      ]);
      for (const [userId, offsets] of visible) {
        for (const after of range(0, 5)) {
          for (const upTo of [...range(0, 6), Infinity]) {
            const expected = offsets.filter((offset) => offset > after && offset <= upTo).length;
            expect(await store.count(1, after, upTo, userId)).toBe(expected);
          }
        }
      }
    });

    it('never takes one user for another', async () => {
      const { store } = await open();
      for (const to of CONFUSABLE_NAMES) await store.append(1, { text: 'a', to });
      for (const userId of CONFUSABLE_NAMES) expect(await store.count(1, 0, Infinity, userId)).toBe(1);
    });

    it('leaves out what is no longer retained', async () => {
      const { store, clock } = await open({ publications: 3, ageMs: 1_000 });
      await appendAll(store, 1, ['a', 'b', 'c', 'd']);
      expect(await store.count(1, 0, 4, 'ann')).toBe(3);
      clock.advance(1_000);
      expect(await store.count(1, 0, 4, 'ann')).toBe(0);
    });

    it('is 0 for a topic without a log', async () => {
      const { store } = await open();
      expect(await store.count(1, 0, Infinity, 'ann')).toBe(0);
    });
  });
}
