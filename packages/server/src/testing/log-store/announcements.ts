import { describe, expect, it } from 'vitest';
import type { Announcement, LogStore, Page } from '../../log/log-store.ts';
import { appendAll, EVERYTHING, type Open, offsetsOf, range, turn } from './support.ts';

export function describeAnnouncements(open: Open): void {
  function listen(store: LogStore): Announcement[] {
    const heard: Announcement[] = [];
    store.onAnnouncement((announcement) => heard.push(announcement));
    return heard;
  }

  describe('announcements', () => {
    it('tell what was appended, before the append resolves', async () => {
      const { store } = await open();
      const heard = listen(store);
      const { position } = await store.append(1, { text: 'a', to: 'ann' });
      expect(heard).toEqual([
        { topic: 1, epoch: position.epoch, publications: [{ offset: 1, text: 'a', to: 'ann' }] },
      ]);
    });

    it('come when the publications can be read already', async () => {
      const { store } = await open();
      const reads: Promise<Page>[] = [];
      store.onAnnouncement(({ topic }) => reads.push(store.read(topic, 0, EVERYTHING)));
      await Promise.all([store.append(1, { text: 'a' }), store.append(1, { text: 'b' })]);
      const [page] = await Promise.all(reads);
      expect(page && offsetsOf(page)).toEqual([1, 2]);
    });

    it('tell what one turn appended to a topic at once', async () => {
      const { store } = await open();
      const heard = listen(store);
      await Promise.all([1, 2, 1, 2, 1].map((topic, index) => store.append(topic, { text: `${index}` })));
      expect(heard.map(({ topic, publications }) => [topic, publications.map(({ text }) => text)])).toEqual([
        [1, ['0', '2', '4']],
        [2, ['1', '3']],
      ]);
    });

    it('tell every publication of a topic once and in order', async () => {
      const { store } = await open({ publications: 10 });
      const heard = listen(store);
      const writers = range(1, 20).map(async (writer) => {
        for (const n of range(1, 10)) {
          if ((writer + n) % 3 === 0) await turn();
          await store.append(n % 2, { text: `${writer}.${n}` });
        }
      });
      await Promise.all(writers);
      for (const topic of [0, 1]) {
        const own = heard.filter((announcement) => announcement.topic === topic);
        expect(own.flatMap(offsetsOf)).toEqual(range(1, 100));
        expect(new Set(own.map(({ epoch }) => epoch)).size).toBe(1);
      }
    });

    it('leave out duplicates', async () => {
      const { store } = await open();
      const heard = listen(store);
      const entry = { text: 'a', idempotency: { key: 'key', memo: '' } };
      await Promise.all([store.append(1, entry), store.append(1, entry)]);
      await store.append(1, entry);
      expect(heard.map(offsetsOf)).toEqual([[1]]);
    });

    it('reach every listener, also when one throws', async () => {
      const { store } = await open();
      const before = listen(store);
      store.onAnnouncement(() => {
        throw new Error('a listener that fails, as the test wants it');
      });
      const after = listen(store);
      const [first, second] = await Promise.all([
        store.append(1, { text: 'a' }),
        store.append(2, { text: 'b' }),
      ]);
      expect([first.position.offset, second.position.offset]).toEqual([1, 1]);
      expect(await appendAll(store, 1, ['c'])).toEqual([2]);
      for (const heard of [before, after]) expect(heard.map(({ topic }) => topic)).toEqual([1, 2, 1]);
    });

    it('may cause further appends, which are announced later', async () => {
      const { store } = await open();
      const heard = listen(store);
      const caused = new Promise((resolve, reject) => {
        store.onAnnouncement(({ topic }) => {
          if (topic === 1) store.append(2, { text: 'b' }).then(resolve, reject);
        });
      });
      await store.append(1, { text: 'a' });
      await caused;
      expect(heard.map(({ topic }) => topic)).toEqual([1, 2]);
    });
  });
}
