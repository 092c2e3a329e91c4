import { describe, expect, it } from 'vitest';
import { LogUnavailableError } from '../../errors.ts';
import type { Announcement } from '../../log/log-store.ts';
import { EVERYTHING, type Open, offsetOf, offsetsOf, range } from './support.ts';

export function describeClosing(open: Open): void {
  describe('close', () => {
    it('finishes what was begun', async () => {
      const { store } = await open();
      const heard: Announcement[] = [];
      store.onAnnouncement((announcement) => heard.push(announcement));
      const begun = Promise.all(range(1, 20).map((n) => store.append(1, { text: `${n}` })));
      const state = store.state(2);
      await store.close();
      expect((await begun).map(offsetOf)).toEqual(range(1, 20));
      expect(heard.flatMap(offsetsOf)).toEqual(range(1, 20));
      expect(await state).toMatchObject({ top: 0 });
    });

    it('lets every later call reject', async () => {
      const { store } = await open();
      const { position } = await store.append(1, { text: 'a' });
      const heard: Announcement[] = [];
      store.onAnnouncement((announcement) => heard.push(announcement));
      const closing = store.close();
      const calls = () => [
        store.append(1, { text: 'b' }),
        store.read(1, 0, EVERYTHING),
        store.state(1),
        store.count(1, 0, 1, 'ann'),
        store.received(1, 'ann'),
        store.receive([{ topic: 1, userId: 'ann', position }]),
        store.unreceived(),
      ];
      const during = calls();
      for (const call of during) await expect(call).rejects.toThrow(LogUnavailableError);
      await closing;
      for (const call of calls()) await expect(call).rejects.toThrow(LogUnavailableError);
      expect(heard).toEqual([]);
    });

    it('can be called again', async () => {
      const { store } = await open();
      await Promise.all([store.close(), store.close()]);
      await store.close();
    });

    it('can be called by a listener, and still finishes its commit', async () => {
      const { store } = await open();
      const heard: number[] = [];
      let closed: Promise<void> | undefined;
      store.onAnnouncement(() => {
        closed ??= store.close();
      });
      store.onAnnouncement(({ topic }) => heard.push(topic));
      await Promise.all([store.append(1, { text: 'a' }), store.append(2, { text: 'b' })]);
      await closed;
      expect(heard).toEqual([1, 2]);
    });
  });
}
