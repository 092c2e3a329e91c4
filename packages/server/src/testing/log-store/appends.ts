import { describe, expect, it } from 'vitest';
import {
  appendAll,
  CONFUSABLE_NAMES,
  EVERYTHING,
  type Open,
  offsetOf,
  offsetsOf,
  range,
  textsOf,
} from './support.ts';

export function describeAppends(open: Open): void {
  describe('append', () => {
    it('counts the offsets of each topic from 1', async () => {
      const { store } = await open();
      expect(await appendAll(store, 1, ['a', 'b'])).toEqual([1, 2]);
      expect(await appendAll(store, 2, ['c'])).toEqual([1]);
      expect(await appendAll(store, 1, ['d'])).toEqual([3]);
      expect(textsOf(await store.read(1, 0, EVERYTHING))).toEqual(['a', 'b', 'd']);
    });

    it('keeps one epoch a topic, unlike that of any other topic', async () => {
      const { store } = await open();
      const first = await store.append(1, { text: 'a' });
      const second = await store.append(1, { text: 'b' });
      const other = await store.append(2, { text: 'c' });
      expect(first.position.epoch).toMatch(/^[\w-]{16}$/);
      expect(second.position.epoch).toBe(first.position.epoch);
      expect(other.position.epoch).not.toBe(first.position.epoch);
    });

    it('gives concurrent appends offsets in the order of the calls', async () => {
      const { store } = await open();
      const texts = range(1, 500).map((n) => `text ${n}`);
      const appended = await Promise.all(texts.map((text) => store.append(1, { text })));
      expect(appended.map(offsetOf)).toEqual(range(1, 500));
      expect(textsOf(await store.read(1, 0, EVERYTHING))).toEqual(texts);
    });

    it('keeps offsets whole when many topics are appended to across turns', async () => {
      const { store } = await open();
      const topics = range(1, 10);
      const writers = range(1, 30).map(async (writer) => {
        for (const round of range(1, 5)) {
          await Promise.all(topics.map((topic) => store.append(topic, { text: `${writer}.${round}` })));
        }
      });
      await Promise.all(writers);
      for (const topic of topics) {
        const page = await store.read(topic, 0, EVERYTHING);
        expect(offsetsOf(page)).toEqual(range(1, 150));
        expect(new Set(textsOf(page)).size).toBe(150);
        for (const writer of range(1, 30)) {
          const own = textsOf(page).filter((text) => text.startsWith(`${writer}.`));
          expect(own).toEqual(range(1, 5).map((round) => `${writer}.${round}`));
        }
      }
    });

    it('takes every safe integer as a topic', async () => {
      const { store } = await open();
      const topics = [1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER];
      for (const topic of topics) await store.append(topic, { text: `${topic}` });
      for (const topic of topics) {
        expect(textsOf(await store.read(topic, 0, EVERYTHING))).toEqual([`${topic}`]);
      }
    });

    it.each([
      ['empty', ''],
      ['beyond ASCII', '{"herb":"甘草 \u2028 😀 é e\u0301"}'],
      ['full of quotes and escapes', '{"a":"\\u0000 \\" \' \\\\ %s $1 \\ud800"}'],
      ['one that looks like a number', '0012'],
      ['60 kB long', JSON.stringify({ pad: 'ü'.repeat(30_000) })],
    ])('keeps a text as it is: %s', async (_, text) => {
      const { store } = await open();
      await store.append(1, { text });
      expect(textsOf(await store.read(1, 0, EVERYTHING))).toEqual([text]);
    });

    it('keeps the user that a publication is for, exactly', async () => {
      const { store } = await open();
      await appendAll(store, 1, [{ text: 'all' }, ...CONFUSABLE_NAMES.map((to) => ({ text: 'one', to }))]);
      const { publications } = await store.read(1, 0, EVERYTHING);
      expect(publications[0]).toEqual({ offset: 1, text: 'all' });
      expect(publications.slice(1).map(({ to }) => to)).toEqual(CONFUSABLE_NAMES);
    });
  });
}
