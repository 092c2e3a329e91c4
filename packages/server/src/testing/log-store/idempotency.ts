import { describe, expect, it } from 'vitest';
import {
  appendAll,
  CONFUSABLE_NAMES,
  EVERYTHING,
  type Open,
  offsetOf,
  range,
  textsOf,
  withoutRecipients,
} from './support.ts';

export function describeIdempotency(open: Open): void {
  describe('an append with an idempotency key', () => {
    const idempotency = { key: 'key', memo: 'memo' };

    it('is done once, and repeated with the first position and memo', async () => {
      const { store } = await open();
      const first = await store.append(1, { text: 'a', idempotency });
      await appendAll(store, 1, ['b']);
      const again = await store.append(1, { text: 'c', idempotency: { key: 'key', memo: 'other' } });
      expect(first.duplicateOf).toBeUndefined();
      expect(withoutRecipients(again)).toEqual({ position: first.position, duplicateOf: 'memo' });
      expect(textsOf(await store.read(1, 0, EVERYTHING))).toEqual(['a', 'b']);
    });

    it('is done once within a turn', async () => {
      const { store } = await open();
      const texts = range(1, 50).map(String);
      const appended = await Promise.all(texts.map((text) => store.append(1, { text, idempotency })));
      expect(new Set(appended.map(offsetOf))).toEqual(new Set([1]));
      expect(appended.map(({ duplicateOf }) => duplicateOf)).toEqual([undefined, ...Array(49).fill('memo')]);
      expect(textsOf(await store.read(1, 0, EVERYTHING))).toEqual(['1']);
    });

    it('burns no offset when it is a duplicate', async () => {
      const { store } = await open();
      const offsets = await appendAll(store, 1, [
        { text: 'a', idempotency },
        { text: 'b', idempotency },
        'c',
      ]);
      expect(offsets).toEqual([1, 1, 2]);
    });

    it('is a duplicate within its topic only', async () => {
      const { store } = await open();
      await store.append(1, { text: 'a', idempotency });
      expect((await store.append(2, { text: 'b', idempotency })).duplicateOf).toBeUndefined();
    });

    it('knows an empty memo and every memo exactly', async () => {
      const { store } = await open();
      for (const [index, memo] of ['', ...CONFUSABLE_NAMES].entries()) {
        await store.append(1, { text: 'a', idempotency: { key: `${index}`, memo } });
        const again = await store.append(1, { text: 'a', idempotency: { key: `${index}`, memo: 'x' } });
        expect(again.duplicateOf).toBe(memo);
      }
    });

    it('never takes one key for another', async () => {
      const { store } = await open();
      for (const key of CONFUSABLE_NAMES) {
        const { duplicateOf } = await store.append(1, { text: 'a', idempotency: { key, memo: key } });
        expect(duplicateOf).toBeUndefined();
      }
    });

    it('is remembered when its publication made room for others', async () => {
      const { store } = await open({ publications: 2 });
      await appendAll(store, 1, [{ text: 'a', idempotency }, 'b', 'c', 'd']);
      expect(await store.append(1, { text: 'a', idempotency })).toMatchObject({
        position: { offset: 1 },
        duplicateOf: 'memo',
      });
    });

    it('is remembered as long as a publication may live', async () => {
      const { store, clock } = await open({ ageMs: 1_000 });
      await store.append(1, { text: 'a', idempotency });
      clock.advance(999);
      expect((await store.append(1, { text: 'a', idempotency })).duplicateOf).toBe('memo');
      clock.advance(1);
      const fresh = await store.append(1, { text: 'a', idempotency: { key: 'key', memo: 'second' } });
      expect(fresh).toMatchObject({ position: { offset: 2 } });
      expect(fresh.duplicateOf).toBeUndefined();
      clock.advance(999);
      expect((await store.append(1, { text: 'a', idempotency })).duplicateOf).toBe('second');
    });
  });
}
