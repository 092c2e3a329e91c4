import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { Cursor } from '../src/cursor.ts';
import { Hub } from '../src/hub.ts';
import type { Announcement, LogStore, Page } from '../src/log/log-store.ts';
import { memoryLog } from '../src/log/memory.ts';
import { SharedReads } from '../src/shared-reads.ts';
import { RecordingOutlet } from './support/recording-outlet.ts';

const TOPIC = 7;
const LIMIT = { publications: 3, size: 10_000 };
const TEXT = '{"type":"x","diagnosis_id":7,"data":{},"timestamp":"t"}';

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

function setUp({ retained = 1_000, userId = 'u1' } = {}) {
  const log = memoryLog({ retention: { publications: retained } });
  const hub = new Hub(systemClock);
  log.onAnnouncement((announcement) => hub.announce(announcement));
  const outlet = new RecordingOutlet();
  const append = async (count: number, to?: string) => {
    await Promise.all(Array.from({ length: count }, () => log.append(TOPIC, { text: TEXT, to })));
  };
  const cursorOn = (store: LogStore) => new Cursor(TOPIC, userId, new SharedReads(store, LIMIT), outlet);
  return { log, hub, outlet, append, cursorOn, cursor: cursorOn(log) };
}

/** Waits until everything that was begun is done. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await setImmediate();
}

describe('Cursor', () => {
  it('announces the recovery before the publications, and counts them', async () => {
    const { hub, append, outlet, cursor } = setUp();
    await append(8);
    await cursor.open(hub.join(cursor), 'earliest');
    expect(outlet.events).toEqual([expect.objectContaining({ status: 'fresh', count: 8 }), ...range(1, 8)]);
    expect(cursor.live).toBe(true);
  });

  it('is pushed to once it is live, each publication once', async () => {
    const { hub, append, outlet, cursor } = setUp();
    await append(2);
    await cursor.open(hub.join(cursor), 'latest');
    await append(1);
    await append(4);
    expect(outlet.offsets).toEqual(range(3, 7));
  });

  it('continues after a held position', async () => {
    const { log, hub, append, outlet, cursor } = setUp();
    await append(8);
    const { epoch } = await log.state(TOPIC);
    await cursor.open(hub.join(cursor), { epoch, offset: 5 });
    expect(outlet.recoveries).toEqual([
      { status: 'recovered', from: `${epoch}:5`, to: `${epoch}:8`, count: 3 },
    ]);
    expect(outlet.offsets).toEqual([6, 7, 8]);
  });

  describe('when the retention takes what was just read', () => {
    /** Whoever counts is asked after one more was appended, which takes the place of the oldest. */
    function racing({ log, append }: ReturnType<typeof setUp>): LogStore {
      return {
        ...log,
        read: log.read.bind(log),
        state: log.state.bind(log),
        async count(...question) {
          await append(1);
          return log.count(...question);
        },
      };
    }

    it('counts what it hands over, from the beginning', async () => {
      const set = setUp({ retained: 8 });
      await set.append(8);
      const cursor = set.cursorOn(racing(set));
      await cursor.open(set.hub.join(cursor), 'earliest');
      expect(set.outlet.recoveries).toEqual([expect.objectContaining({ status: 'fresh', count: 8 })]);
      expect(set.outlet.offsets).toEqual(range(1, 9));
    });

    it('counts what it hands over, after a gap', async () => {
      const set = setUp({ retained: 8 });
      await set.append(20);
      const { epoch } = await set.log.state(TOPIC);
      const cursor = set.cursorOn(racing(set));
      await cursor.open(set.hub.join(cursor), { epoch, offset: 2 });
      expect(set.outlet.recoveries).toEqual([
        expect.objectContaining({ status: 'gap', reason: 'retention', count: 8 }),
      ]);
      expect(set.outlet.offsets).toEqual(range(13, 21));
    });

    it('counts what it hands over, after another epoch', async () => {
      const set = setUp({ retained: 8 });
      await set.append(8);
      const cursor = set.cursorOn(racing(set));
      await cursor.open(set.hub.join(cursor), { epoch: 'another', offset: 6 });
      expect(set.outlet.recoveries).toEqual([
        expect.objectContaining({ status: 'gap', reason: 'epoch_changed', count: 8 }),
      ]);
      expect(set.outlet.offsets).toEqual(range(1, 9));
    });
  });

  it('leaves out what is addressed to somebody else, and moves past it', async () => {
    const { hub, append, outlet, cursor } = setUp();
    await append(1);
    await append(1, 'u2');
    await append(1, 'u1');
    await cursor.open(hub.join(cursor), 'earliest');
    expect(outlet.recoveries[0]?.count).toBe(2);
    await append(1, 'u2');
    await append(1);
    expect(outlet.offsets).toEqual([1, 3, 5]);
    expect(cursor.position.offset).toBe(5);
  });

  describe('when an announcement was missed', () => {
    it('reads the hole from the log', async () => {
      const { hub, append, outlet, cursor } = setUp();
      await append(2);
      const audience = hub.join(cursor);
      await cursor.open(audience, 'latest');
      audience.cursors.delete(cursor);
      await append(2);
      audience.cursors.add(cursor);
      await append(1);
      await settle();
      expect(outlet.offsets).toEqual([3, 4, 5]);
    });
  });

  describe('when the peer does not keep up', () => {
    it('pushes nothing more, and goes on from the log when the socket has drained', async () => {
      const { hub, append, outlet, cursor } = setUp();
      await cursor.open(hub.join(cursor), 'latest');
      outlet.writable = false;
      await append(10);
      expect(outlet.offsets).toEqual([]);
      outlet.writable = true;
      cursor.drained();
      await settle();
      expect(outlet.offsets).toEqual(range(1, 10));
      await append(1);
      expect(outlet.offsets).toEqual(range(1, 11));
    });

    it('announces a gap when retention has passed it, and goes on with what is left', async () => {
      const { log, hub, append, outlet, cursor } = setUp({ retained: 4 });
      await append(2);
      await cursor.open(hub.join(cursor), 'earliest');
      outlet.writable = false;
      await append(10);
      outlet.writable = true;
      cursor.drained();
      await settle();
      const { epoch } = await log.state(TOPIC);
      expect(outlet.events.slice(3)).toEqual([
        {
          status: 'gap',
          reason: 'retention',
          last_seen: `${epoch}:2`,
          first_available: `${epoch}:9`,
          from: `${epoch}:8`,
          to: `${epoch}:12`,
          count: 4,
        },
        ...range(9, 12),
      ]);
      expect(cursor.live).toBe(true);
    });
  });

  describe('when the epoch changed while it was live', () => {
    it('announces a gap and follows the new epoch from its beginning', async () => {
      const { hub, outlet, append, log, cursorOn } = setUp();
      const next = memoryLog();
      let current = log;
      const store = { ...bind(log), read: (...args: Parameters<LogStore['read']>) => current.read(...args) };
      const cursor = cursorOn(store);
      await append(3);
      await cursor.open(hub.join(cursor), 'latest');
      next.onAnnouncement((announcement) => hub.announce(announcement));
      current = next;
      await next.append(TOPIC, { text: TEXT });
      await settle();
      expect(outlet.recoveries[1]).toMatchObject({ status: 'gap', reason: 'epoch_changed' });
      expect(outlet.offsets).toEqual([1]);
    });
  });

  it('drops an announcement of what it has read already', async () => {
    const { log, hub, append, outlet, cursor } = setUp();
    const announcements: Announcement[] = [];
    log.onAnnouncement((announcement) => announcements.push(announcement));
    await append(3);
    await cursor.open(hub.join(cursor), 'earliest');
    for (const announcement of announcements) hub.announce(announcement);
    expect(outlet.offsets).toEqual([1, 2, 3]);
  });

  it('hands over nothing after it was closed', async () => {
    const { hub, append, outlet, cursor } = setUp();
    await append(9);
    outlet.onDeliver = () => cursor.close();
    await cursor.open(hub.join(cursor), 'earliest');
    await append(1);
    expect(outlet.offsets).toEqual([1, 2, 3]);
  });

  it('reports a log that cannot be read', async () => {
    const { hub, log, append, outlet, cursor } = setUp();
    await append(1);
    await log.close();
    await cursor.open(hub.join(cursor), 'earliest');
    expect(outlet.failures).toHaveLength(1);
  });

  it('delivers everything once and in order, or a gap, however reads, appends and drains interleave', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ do: fc.constant('release' as const) }),
      fc.record({ do: fc.constant('block' as const) }),
      fc.record({ do: fc.constant('drain' as const) }),
      fc.record({ do: fc.constant('miss' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 3, max: 12 }),
        async (steps, retained) => {
          const { log, hub, outlet, append, cursorOn } = setUp({ retained });
          const gate = new Gate(log);
          const cursor = cursorOn(gate.store);
          const audience = hub.join(cursor);
          const opening = cursor.open(audience, 'earliest');
          for (const { do: action, ...rest } of steps) {
            if (action === 'append' && 'count' in rest) await append(rest.count);
            if (action === 'release') await gate.release();
            if (action === 'block') outlet.writable = false;
            if (action === 'drain') {
              outlet.writable = true;
              cursor.drained();
            }
            if (action === 'miss') {
              // The announcement of one append never arrives; the next one shows the hole.
              audience.cursors.delete(cursor);
              await append(1);
              audience.cursors.add(cursor);
              await append(1);
            }
          }
          outlet.writable = true;
          gate.open = true;
          await gate.release();
          cursor.drained();
          await opening;
          await settle();
          expectUnbroken(outlet.events, (await log.state(TOPIC)).top);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Every offset follows the one before; only a recovery may move the place, and only forward. */
function expectUnbroken(events: RecordingOutlet['events'], top: number): void {
  let place = 0;
  for (const event of events) {
    if (typeof event === 'number') {
      expect(event).toBe(place + 1);
      place = event;
    } else {
      const from = Number(event.from.split(':')[1]);
      expect(from).toBeGreaterThanOrEqual(place);
      if (from > place) expect(event.status === 'gap' || place === 0).toBe(true);
      place = from;
    }
  }
  expect(place).toBe(top);
}

/** A log whose reads answer only when they are let through, with the page of the moment in which they were asked. */
class Gate {
  readonly store: LogStore;
  open = false;
  #waiting: (() => void)[] = [];

  constructor(log: LogStore) {
    this.store = {
      ...bind(log),
      read: async (...args) => {
        const page: Page = await log.read(...args);
        if (!this.open) await new Promise<void>((resolve) => this.#waiting.push(resolve));
        return page;
      },
    };
  }

  async release(): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve();
    await settle();
  }
}

function bind(log: LogStore): LogStore {
  return {
    append: (...args) => log.append(...args),
    read: (...args) => log.read(...args),
    state: (...args) => log.state(...args),
    count: (...args) => log.count(...args),
    received: (...args) => log.received(...args),
    receive: (...args) => log.receive(...args),
    unreceived: () => log.unreceived(),
    onAnnouncement: (listener: (announcement: Announcement) => void) => log.onAnnouncement(listener),
    close: () => log.close(),
  };
}
