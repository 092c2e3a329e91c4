import { type Announcement, memoryLog } from '@vitalwire/server';
import { describeLogStore } from '@vitalwire/server/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SteeredLog } from '../../src/server/steered-log.ts';

// Unless it is steered it keeps every promise of a log store; what steering does to subscribers: server-process.test.ts.
describeLogStore('a steered log', (conditions) => ({
  store: new SteeredLog(memoryLog(conditions)),
}));
// Also where the log is not the first one of its topic.
describeLogStore('a steered log with renewed topics', (conditions) => ({
  store: new SteeredLog(memoryLog(conditions), {
    evicted: [],
    renewed: Array.from({ length: 20 }, (_, index) => [index + 1, [index + 1, -1 - index]] as const),
  }),
}));

describe('a steered log', () => {
  async function withThree() {
    const log = new SteeredLog(memoryLog());
    onTestFinished(() => log.close());
    const announcements: Announcement[] = [];
    log.onAnnouncement((announcement) => announcements.push(announcement));
    for (const text of ['{"a":1}', '{"a":2}', '{"a":3}']) await log.append(7, { text });
    return { log, announcements };
  }
  const page = { publications: 10, size: 1_000 };

  it('has no more of what was evicted, wherever it is asked', async () => {
    const { log } = await withThree();
    await log.evict(7, 1);
    expect(await log.state(7)).toMatchObject({ earliest: 3, top: 3 });
    expect((await log.read(7, 0, page)).publications.map(({ offset }) => offset)).toEqual([3]);
    expect(await log.count(7, 0, 3, 'anna')).toBe(1);
    expect(await log.unreceived()).toEqual(new Map([[7, 1]]));
    await log.evict(7);
    expect(await log.state(7)).toMatchObject({ earliest: 4, top: 3 });
    expect(await log.unreceived()).toEqual(new Map());
  });

  it('begins anew, and knows what was received before', async () => {
    const { log, announcements } = await withThree();
    const { epoch } = await log.state(7);
    await log.receive([{ topic: 7, userId: 'anna', position: { epoch, offset: 2 } }]);
    await log.renew(7);
    expect(await log.state(7)).toMatchObject({ earliest: 1, top: 0 });
    expect(await log.received(7, 'anna')).toEqual({ epoch, offset: 2 });
    expect(await log.unreceived()).toEqual(new Map());
    const { position } = await log.append(7, { text: '{}' });
    expect(position.epoch).not.toBe(epoch);
    expect(announcements.at(-1)).toMatchObject({ topic: 7, epoch: position.epoch });
    await log.receive([{ topic: 7, userId: 'anna', position }]);
    expect(await log.received(7, 'anna')).toEqual(position);
    expect(await log.unreceived()).toEqual(new Map());
  });
});
