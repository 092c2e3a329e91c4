import { describe, expect, it } from 'vitest';
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
});
