import { describe, expect, it } from 'vitest';
import type { Announcement, Page } from '../../log/log-store.ts';
import { listen } from './listener.ts';
import { appendAll, EVERYTHING, type Open, offsetsOf, range, textsOf, turn } from './support.ts';

export function describeAnnouncements(open: Open): void {
  describe('announcements', () => {
    it('tell what was appended, without nodes before the append resolves', async () => {
      const { store } = await open();
      const listener = await listen(store, 1);
      const { position } = await store.append(1, { text: 'a', to: 'ann' });
      expect(await listener.take(1)).toEqual([
        { topic: 1, epoch: position.epoch, publications: [{ offset: 1, text: 'a', to: 'ann' }] },
      ]);
    });

    it('come when the publications can be read already', async () => {
      const { store } = await open();
      const reads: Promise<[Announcement, Page]>[] = [];
      const read = async (announcement: Announcement): Promise<[Announcement, Page]> => [
        announcement,
        await store.read(announcement.topic, 0, EVERYTHING),
      ];
      store.onAnnouncement((announcement) => reads.push(read(announcement)));
      const listener = await listen(store, 1);
      await Promise.all([store.append(1, { text: 'a' }), store.append(1, { text: 'b' })]);
      await listener.take(2);
      for (const [announcement, page] of await Promise.all(reads)) {
        expect(offsetsOf(page)).toEqual(expect.arrayContaining(offsetsOf(announcement)));
      }
    });

    it('tell what one turn appended to a topic, without nodes at once', async () => {
      const { store } = await open();
      const listener = await listen(store, 1, 2);
      await Promise.all([1, 2, 1, 2, 1].map((topic, index) => store.append(topic, { text: `${index}` })));
      const heard = await listener.take(5);
      expect(heard.map((announcement) => [announcement.topic, textsOf(announcement)])).toEqual([
        [1, ['0', '2', '4']],
        [2, ['1', '3']],
      ]);
    });

    it('tell every publication of a topic once and in order', async () => {
      const { store } = await open({ publications: 10 });
      const listener = await listen(store, 0, 1);
      const writers = range(1, 20).map(async (writer) => {
        for (const n of range(1, 10)) {
          if ((writer + n) % 3 === 0) await turn();
          await store.append(n % 2, { text: `${writer}.${n}` });
        }
      });
      await Promise.all(writers);
      const heard = await listener.take(200);
      for (const topic of [0, 1]) {
        const own = heard.filter((announcement) => announcement.topic === topic);
        expect(own.flatMap(offsetsOf)).toEqual(range(1, 100));
        expect(new Set(own.map(({ epoch }) => epoch)).size).toBe(1);
      }
    });

    it('leave out duplicates', async () => {
      const { store } = await open();
      const listener = await listen(store, 1);
      const entry = { text: 'a', idempotency: { key: 'key', memo: '' } };
      await Promise.all([store.append(1, entry), store.append(1, entry)]);
      await store.append(1, entry);
      await store.append(1, { text: 'the last one' });
      expect((await listener.take(2)).flatMap(offsetsOf)).toEqual([1, 2]);
    });

    it('reach every listener, also when one throws', async () => {
      const { store } = await open();
      const before = await listen(store, 1, 2);
      store.onAnnouncement(() => {
        throw new Error('a listener that fails, as the test wants it');
      });
      const after = await listen(store, 1, 2);
      const [first, second] = await Promise.all([
        store.append(1, { text: 'a' }),
        store.append(2, { text: 'b' }),
      ]);
      expect([first.position.offset, second.position.offset]).toEqual([1, 1]);
      for (const listener of [before, after]) {
        expect((await listener.take(2)).map(({ topic }) => topic)).toEqual([1, 2]);
      }
      expect(await appendAll(store, 1, ['c'])).toEqual([2]);
      for (const listener of [before, after]) {
        expect((await listener.take(1)).map(({ topic }) => topic)).toEqual([1]);
      }
    });

    it('may cause further appends, which are announced later', async () => {
      const { store } = await open();
      const listener = await listen(store, 1, 2);
      const caused = new Promise((resolve, reject) => {
        store.onAnnouncement(({ topic }) => {
          if (topic === 1) store.append(2, { text: 'b' }).then(resolve, reject);
        });
      });
      await store.append(1, { text: 'a' });
      await caused;
      expect((await listener.take(2)).map(({ topic }) => topic)).toEqual([1, 2]);
    });
  });
}
