import { describe, expect, it, vi } from 'vitest';
import type { LogStore, Receipt } from '../src/log/log-store.ts';
import { memoryLog } from '../src/log/memory.ts';
import { silentLogger } from '../src/logger.ts';
import { Receipts } from '../src/receipts.ts';

async function setUp() {
  const log = memoryLog();
  for (let i = 0; i < 5; i++) await log.append(1, { text: '{}' });
  const { epoch } = await log.state(1);
  return {
    log,
    epoch,
    receipt: (offset: number): Receipt => ({ topic: 1, userId: 'u', position: { epoch, offset } }),
  };
}

describe('Receipts', () => {
  it('knows a receipt before it was written', async () => {
    const { log, epoch, receipt } = await setUp();
    const receipts = new Receipts(log, silentLogger);
    receipts.add(receipt(3));
    expect(await receipts.of(1, 'u')).toEqual({ epoch, offset: 3 });
    expect(await log.received(1, 'u')).toEqual({ epoch, offset: 3 });
  });

  it('lets the device that is ahead count', async () => {
    const { log, receipt } = await setUp();
    const receipts = new Receipts(log, silentLogger);
    receipts.add(receipt(4));
    receipts.add(receipt(2));
    expect(await receipts.of(1, 'u')).toMatchObject({ offset: 4 });
  });

  it('keeps what could not be written for the next time, and what came meanwhile before it', async () => {
    const { log, receipt } = await setUp();
    let broken = true;
    const receive: LogStore['receive'] = async (list) => {
      if (broken) throw new Error('disk full');
      return log.receive(list);
    };
    const store = { receive, received: (topic: number, user: string) => log.received(topic, user) };
    const receipts = new Receipts(store, silentLogger);
    receipts.add(receipt(2));
    const flushing = receipts.flush();
    receipts.add(receipt(3));
    await flushing;
    expect(await log.received(1, 'u')).toBeUndefined();
    broken = false;
    expect(await receipts.of(1, 'u')).toMatchObject({ offset: 3 });
  });

  describe('when many users come back at once', () => {
    /** A log that answers when it is told to. */
    async function setUpSlow() {
      const { log, receipt } = await setUp();
      const given: number[] = [];
      let answer = () => {};
      const receive: LogStore['receive'] = async (list) => {
        given.push(list.length);
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return log.receive(list);
      };
      const store = { receive, received: (topic: number, user: string) => log.received(topic, user) };
      const receipts = new Receipts(store, silentLogger);
      const of = (userId: string, offset: number) => ({ ...receipt(offset), userId });
      return { receipts, given, of, answer: () => answer() };
    }

    it('lets nobody wait for the receipts of others', async () => {
      const { receipts, of } = await setUpSlow();
      receipts.add(of('ann', 2));
      void receipts.flush();
      receipts.add(of('bob', 3));
      expect(await receipts.of(1, 'eve')).toBeUndefined();
      expect(await receipts.of(2, 'ann')).toBeUndefined();
    });

    it('waits for a receipt that is being written, and for what waits behind it, which is written once', async () => {
      const { receipts, of, given, answer } = await setUpSlow();
      receipts.add(of('ann', 2));
      void receipts.flush();
      await Promise.resolve();
      receipts.add(of('bob', 3));
      const asked = ['ann', 'bob', 'bob'].map((userId) => receipts.of(1, userId));
      await Promise.resolve();
      expect(given).toEqual([1]);
      answer();
      await vi.waitFor(() => expect(given).toEqual([1, 1]));
      answer();
      expect((await Promise.all(asked)).map((position) => position?.offset)).toEqual([2, 3, 3]);
    });
  });
});
