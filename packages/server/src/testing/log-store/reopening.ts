import { describe, expect, it } from 'vitest';
import { appendAll, EVERYTHING, type Open, offsetsOf, range, textsOf, withoutRecipients } from './support.ts';

export function describeReopening(open: Open): void {
  describe('when the data is opened again', () => {
    it('has the same logs, and goes on in the same epoch', async () => {
      const { store, reopen } = await open();
      await appendAll(store, 1, ['a', { text: 'b', to: 'ann' }]);
      const begun = await store.state(2);
      const before = await store.read(1, 0, EVERYTHING);
      const reopened = await reopen();
      expect(await reopened.read(1, 0, EVERYTHING)).toEqual(before);
      expect(await reopened.state(2)).toEqual(begun);
      const { position } = await reopened.append(1, { text: 'c' });
      expect(position).toEqual({ epoch: before.epoch, offset: 3 });
    });

    it('remembers receipts', async () => {
      const { store, reopen } = await open();
      const { position } = await store.append(1, { text: 'a' });
      await appendAll(store, 1, ['b']);
      await store.receive([{ topic: 1, userId: 'ann', position }]);
      const reopened = await reopen();
      expect(await reopened.received(1, 'ann')).toEqual(position);
      expect(await reopened.unreceived()).toEqual(new Map([[1, 1]]));
    });

    it('remembers idempotency keys', async () => {
      const { store, reopen } = await open();
      const entry = { text: 'a', idempotency: { key: 'key', memo: 'memo' } };
      const { position } = await store.append(1, entry);
      const reopened = await reopen();
      expect(withoutRecipients(await reopened.append(1, entry))).toEqual({ position, duplicateOf: 'memo' });
    });

    it('knows how old everything is', async () => {
      const { store, clock, reopen } = await open({ ageMs: 1_000, topAgeMs: 5_000 });
      const { position } = await store.append(1, { text: 'a' });
      clock.advance(1_000);
      const reopened = await reopen();
      expect(await reopened.state(1)).toEqual({ epoch: position.epoch, top: 1, earliest: 2 });
      clock.advance(4_000);
      const forgetful = await reopen();
      expect((await forgetful.state(1)).epoch).not.toBe(position.epoch);
    });

    it('obeys a retention that was made smaller', async () => {
      const { store, reopen } = await open({ publications: 100 });
      await appendAll(store, 1, range(1, 50).map(String));
      const smaller = await reopen({ publications: 10 });
      expect(await smaller.state(1)).toMatchObject({ top: 50, earliest: 41 });
      expect(offsetsOf(await smaller.read(1, 0, EVERYTHING))).toEqual(range(41, 50));
      await appendAll(smaller, 1, ['51']);
      expect(offsetsOf(await smaller.read(1, 0, EVERYTHING))).toEqual(range(42, 51));
    });

    it('has no hole when its retention was made smaller, and then larger', async () => {
      const { store, reopen } = await open({ publications: 200 });
      await appendAll(store, 1, range(1, 150).map(String));
      const smaller = await reopen({ publications: 10 });
      await appendAll(smaller, 1, ['151']);
      const larger = await reopen({ publications: 200 });
      await appendAll(larger, 1, ['152']);
      const page = await larger.read(1, 0, EVERYTHING);
      expect(page.earliest).toBeLessThanOrEqual(142);
      expect(offsetsOf(page)).toEqual(range(page.earliest, 152));
    });

    it('has what was appended and not awaited before the close', async () => {
      const { store, reopen } = await open();
      const begun = Promise.all(range(1, 30).map((n) => store.append(1, { text: `${n}` })));
      await store.close();
      await begun;
      const reopened = await reopen();
      expect(textsOf(await reopened.read(1, 0, EVERYTHING))).toEqual(range(1, 30).map(String));
    });
  });
}
