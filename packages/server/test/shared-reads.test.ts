import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogStore } from '../src/log/log-store.ts';
import { memoryLog } from '../src/log/memory.ts';
import { type FramedPage, SharedReads } from '../src/shared-reads.ts';
import { framesIn } from '../src/testing/frames-in.ts';
import { settle } from './support/sessions.ts';

const TOPIC = 7;
const LIMIT = { publications: 100, size: 10_000 };
const TEXT = '{"type":"x","diagnosis_id":7,"data":{},"timestamp":"t"}';

/** A log that answers when it is told to, and notes what it was asked. */
class SlowLog {
  readonly asked: string[] = [];
  readonly #log: LogStore;
  #waiting: { answer(): void; fail(error: Error): void }[] = [];

  readonly store: LogStore;

  constructor(log: LogStore) {
    this.#log = log;
    this.store = Object.assign(Object.create(log), {
      read: (topic, after, limit) => this.#slow(`read ${topic}:${after}`, log.read(topic, after, limit)),
      state: (topic) => this.#slow(`state ${topic}`, log.state(topic)),
      count: (topic, after, upTo, userId) => {
        this.asked.push(`count ${topic}:${after}:${upTo}:${userId}`);
        return log.count(topic, after, upTo, userId);
      },
    } satisfies Partial<LogStore>);
  }

  async #slow<T>(question: string, answer: Promise<T>): Promise<T> {
    this.asked.push(question);
    const known = await answer;
    await new Promise<void>((resolve, reject) => this.#waiting.push({ answer: resolve, fail: reject }));
    return known;
  }

  get underWay(): number {
    return this.#waiting.length;
  }

  answer(): void {
    for (const { answer } of this.#waiting.splice(0)) answer();
  }

  fail(): void {
    for (const { fail } of this.#waiting.splice(0)) fail(new Error('not now'));
  }

  async append(count: number, to?: string): Promise<void> {
    for (let i = 0; i < count; i++) await this.#log.append(TOPIC, { text: TEXT, to });
  }
}

function setUp(retained = 1_000) {
  const log = new SlowLog(memoryLog({ retention: { publications: retained } }));
  return { log, reads: new SharedReads(log.store, LIMIT) };
}

/** The offsets of a page. */
function offsetsOf({ parts }: FramedPage): number[] {
  const frames = parts.flatMap((part) => framesIn(part.select(0, 'u1').bytes));
  return frames.map(({ payload }) => (JSON.parse(payload) as { offset: number }).offset);
}

describe('SharedReads', () => {
  it('reads once for all who ask the same in one turn, and gives them the same frames', async () => {
    const { log, reads } = setUp();
    await log.append(2);
    const pages = [reads.page(TOPIC, 0), reads.page(TOPIC, 0), reads.page(TOPIC, 1), reads.page(8, 0)];
    await settle();
    expect(log.asked).toEqual(['read 7:0', 'read 7:1', 'read 8:0']);
    log.answer();
    const [first, second, other] = await Promise.all(pages);
    expect(offsetsOf(first as FramedPage)).toEqual([1, 2]);
    expect(first?.parts).toBe(second?.parts);
    expect(offsetsOf(other as FramedPage)).toEqual([2]);
  });

  it('reads again, once, for those who ask while it reads: they may know of more', async () => {
    const { log, reads } = setUp();
    const early = reads.page(TOPIC, 0);
    await settle();
    await log.append(1);
    const late = [reads.page(TOPIC, 0), reads.page(TOPIC, 0)];
    await settle();
    expect(log.asked).toEqual(['read 7:0']);
    log.answer();
    expect(offsetsOf(await early)).toEqual([]);
    await settle();
    expect(log.asked).toEqual(['read 7:0', 'read 7:0']);
    log.answer();
    expect((await Promise.all(late)).map(offsetsOf)).toEqual([[1], [1]]);
  });

  it('tells all who share a read that it failed, and reads for the next', async () => {
    const { log, reads } = setUp();
    const failed = Promise.allSettled([reads.page(TOPIC, 0), reads.page(TOPIC, 0)]);
    await settle();
    const next = reads.page(TOPIC, 0);
    log.fail();
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await settle();
    log.answer();
    expect(await next).toMatchObject({ top: 0 });
  });

  describe('when the log stands where it stood', () => {
    /** Asks, lets the log answer everything, and returns the page. */
    async function pageOf({ log, reads }: ReturnType<typeof setUp>, after = 0): Promise<FramedPage> {
      const page = reads.page(TOPIC, after);
      for (let answers = 0; answers < 2; answers++) {
        await settle();
        log.answer();
      }
      return page;
    }

    it('gives the page that it read before, after asking where the log stands', async () => {
      const world = setUp();
      await world.log.append(3);
      const first = await pageOf(world);
      expect(await pageOf(world)).toBe(first);
      expect(world.log.asked).toEqual(['read 7:0', 'state 7']);
      expect(offsetsOf(await pageOf(world, 1))).toEqual([2, 3]);
    });

    it('reads when something was appended, or removed', async () => {
      const world = setUp(3);
      await world.log.append(2);
      await pageOf(world);
      await world.log.append(1);
      expect(offsetsOf(await pageOf(world))).toEqual([1, 2, 3]);
      await world.log.append(1);
      expect(await pageOf(world)).toMatchObject({ earliest: 2, top: 4 });
      expect(offsetsOf(await pageOf(world))).toEqual([2, 3, 4]);
    });

    it('reads in another epoch', async () => {
      const epochs = [memoryLog(), memoryLog()];
      let now = 0;
      const log: LogStore = Object.assign(Object.create(memoryLog()), {
        read: (...args) => (epochs[now] as LogStore).read(...args),
        state: (topic) => (epochs[now] as LogStore).state(topic),
      } satisfies Partial<LogStore>);
      for (const epoch of epochs) await epoch.append(TOPIC, { text: TEXT });
      const reads = new SharedReads(log, LIMIT);
      const before = await reads.page(TOPIC, 0);
      now = 1;
      const after = await reads.page(TOPIC, 0);
      expect(after.epoch).not.toBe(before.epoch);
      expect(after).toMatchObject({ epoch: (await log.state(TOPIC)).epoch, top: 1 });
    });

    it('reads when nobody asked for the page since it was told to forget', async () => {
      const world = setUp();
      await world.log.append(1);
      await pageOf(world);
      for (let second = 0; second < 3; second++) {
        world.reads.forget();
        await pageOf(world);
      }
      expect(world.log.asked).toEqual(['read 7:0', 'state 7', 'state 7', 'state 7']);
      world.reads.forget();
      world.reads.forget();
      await pageOf(world);
      expect(world.log.asked.at(-1)).toBe('read 7:0');
    });
  });

  describe('when publications are counted', () => {
    it('counts once for all users when none is addressed', async () => {
      const { log, reads } = setUp();
      await log.append(5);
      const counts = ['ann', 'bob', 'ann'].map((user) => reads.count(TOPIC, 1, 5, user));
      expect(await Promise.all(counts)).toEqual([4, 4, 4]);
      expect(log.asked).toHaveLength(1);
    });

    it('counts for each user what is addressed to it', async () => {
      const { log, reads } = setUp();
      await log.append(3);
      await log.append(2, 'ann');
      const counts = ['ann', 'bob'].map((user) => reads.count(TOPIC, 1, 5, user));
      expect(await Promise.all(counts)).toEqual([4, 2]);
    });
  });

  it('answers with what was durable when it was asked, with one read of a place at a time', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('ask' as const), after: fc.integer({ min: 0, max: 1 }) }),
      fc.record({
        do: fc.constantFrom('append' as const, 'turn' as const, 'answer' as const, 'fail' as const),
      }),
    );
    const seen = { shared: 0, failed: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        const { log, reads } = setUp();
        const asks: Promise<void>[] = [];
        let durable = 0;
        const ask = async (after: number) => {
          const least = durable;
          const page = await reads.page(TOPIC, after).catch(() => undefined);
          if (page === undefined) seen.failed += 1;
          else expect(page.top).toBeGreaterThanOrEqual(least);
        };
        for (const now of steps) {
          if ('after' in now) asks.push(ask(now.after));
          else if (now.do === 'turn') await settle();
          else if (now.do === 'answer') log.answer();
          else if (now.do === 'fail') log.fail();
          else {
            await log.append(1);
            durable += 1;
          }
          expect(log.underWay).toBeLessThanOrEqual(2);
        }
        for (let turn = 0; turn < 8; turn++) {
          await settle();
          log.answer();
        }
        await Promise.all(asks);
        const read = log.asked.filter((question) => question.startsWith('read'));
        expect(read.length).toBeLessThanOrEqual(asks.length);
        seen.shared += asks.length - read.length;
      }),
      { numRuns: 300 },
    );
    expect(seen.shared).toBeGreaterThan(100);
    expect(seen.failed).toBeGreaterThan(100);
  });
});
