import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { LogUnavailableError } from '../../src/errors.ts';
import type { Entry, LogStore } from '../../src/log/log-store.ts';
import { memoryLog } from '../../src/log/memory.ts';
import { type SqliteLogOptions, sqliteLog } from '../../src/log/sqlite.ts';

const EVERYTHING = { publications: Infinity, size: Infinity };

let path: string;

beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'vitalwire-runs-'));
  path = join(folder, 'log.db');
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

function open(options: Omit<SqliteLogOptions, 'path'> = {}): LogStore {
  const store = sqliteLog({ path, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** Appends all in one turn. */
function append(store: LogStore, topic: number, entries: readonly (Entry | string)[]) {
  return Promise.all(
    entries.map((entry) => store.append(topic, typeof entry === 'string' ? { text: entry } : entry)),
  );
}

const texts = (count: number, first = 1) => Array.from({ length: count }, (_, at) => `"text ${first + at}"`);

/** First and last offset of each row of a topic, after the store was closed. */
async function rowsOf(store: LogStore, topic = 1): Promise<[number, number | null][]> {
  await store.close();
  const database = new DatabaseSync(path);
  const rows = database.prepare('SELECT offset, last FROM publications WHERE topic = ? ORDER BY offset');
  const found = rows
    .all(topic)
    .map(({ offset, last }): [number, number | null] => [Number(offset), last as number | null]);
  database.close();
  return found;
}

async function readTexts(store: LogStore, after = 0, topic = 1): Promise<string[]> {
  return (await store.read(topic, after, EVERYTHING)).publications.map(({ text }) => text);
}

describe('what one transaction appends to a topic', () => {
  it('is in as few rows as it may be, those of other topics between them', async () => {
    const store = open();
    const some = texts(150);
    await Promise.all(
      some.flatMap((text) => [store.append(1, { text }), store.append(2, { text: 'other' })]),
    );
    await store.append(1, { text: 'alone' });
    expect(await readTexts(store)).toEqual([...some, 'alone']);
    expect(await rowsOf(store)).toEqual([
      [1, 64],
      [65, 128],
      [129, 150],
      [151, null],
    ]);
    expect(await readTexts(open())).toEqual([...some, 'alone']);
  });

  it('is parted where it is for somebody else', async () => {
    const store = open();
    const recipients = [undefined, 'ann', 'ann', undefined, undefined, 'bob'];
    await append(
      store,
      1,
      recipients.map((to, at) => ({ text: `${at}`, to })),
    );
    const { publications } = await store.read(1, 0, EVERYTHING);
    expect(publications.map(({ to }) => to)).toEqual(recipients);
    expect(await store.count(1, 1, 5, 'ann')).toBe(4);
    expect(await store.count(1, 1, 5, 'bob')).toBe(2);
    expect(await rowsOf(store)).toEqual([
      [1, null],
      [2, 3],
      [4, 5],
      [6, null],
    ]);
  });

  it('keeps text that has lines of its own', async () => {
    const lines = ['a\nb', 'c', 'd', '\n', '\n\n', '', '', 'e\n'];
    const store = open();
    await append(store, 1, lines);
    expect(await readTexts(store)).toEqual(lines);
    for (const after of lines.keys()) expect(await readTexts(store, after)).toEqual(lines.slice(after));
  });

  it('is parted where a row would be too long to be read for the sake of one', async () => {
    const store = open();
    const long = texts(5).map((text) => text.padEnd(12_000, '.'));
    await append(store, 1, [...long, 'x'.repeat(100_000), 'y']);
    expect((await store.read(1, 5, { publications: 1, size: 1 })).publications).toHaveLength(1);
    expect(await rowsOf(store)).toEqual([
      [1, 2],
      [3, 4],
      [5, null],
      [6, null],
      [7, null],
    ]);
  });

  it('is there for a read that begins in the same transaction', async () => {
    const store = open();
    // Asked before there is a log, so that it is asked again when the log begins.
    const [, page, state] = await Promise.all([
      append(store, 1, ['a', 'b']),
      store.read(1, 0, EVERYTHING),
      store.state(1),
      append(store, 1, ['c']),
    ]);
    expect(page.publications.map(({ text }) => text)).toEqual(['a', 'b']);
    expect(state.top).toBe(2);
    expect(await readTexts(store)).toEqual(['a', 'b', 'c']);
  });
});

describe('a log with several publications in a row', () => {
  const turn = fc.array(fc.record({ to: fc.constantFrom(undefined, undefined, undefined, 'ann', 'bob') }), {
    minLength: 1,
    maxLength: 80,
  });

  it('answers what a log in memory does', { timeout: 30_000 }, async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(turn, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 120 }),
        async (turns, publications) => {
          rmSync(path, { force: true });
          const options = { retention: { publications } };
          const stores = [memoryLog(options), sqliteLog({ path, ...options })] as const;
          let at = 0;
          for (const entries of turns) {
            const named = entries.map(({ to }) => ({ text: `"${++at}"`, to }));
            for (const store of stores) await append(store, 1, named);
          }
          for (let after = 0; after <= at; after += 7) {
            const [expected, found] = await Promise.all(
              stores.map(async (store) => ({
                page: { ...(await store.read(1, after, EVERYTHING)), epoch: '' },
                some: (await store.read(1, after, { publications: 3, size: Infinity })).publications,
                counts: await Promise.all(
                  [after - 1, after + 1, after + 9, at].map((upTo) => store.count(1, after, upTo, 'ann')),
                ),
              })),
            );
            expect(found).toEqual(expected);
          }
          await Promise.all(stores.map((store) => store.close()));
          const database = new DatabaseSync(path);
          runs += Number(
            database.prepare('SELECT count(*) AS n FROM publications WHERE last > offset').get()?.['n'],
          );
          database.close();
        },
      ),
      { numRuns: 60 },
    );
    // Otherwise the test has tested nothing.
    expect(runs).toBeGreaterThan(60);
  });

  it.each([
    ['the last offset', 'UPDATE publications SET last = 70 WHERE offset = 1'],
    ['the last offset, gone', 'UPDATE publications SET last = NULL WHERE offset = 1'],
    ['a text', "UPDATE publications SET text = replace(text, 'text 40', 'text 41') WHERE offset = 1"],
    ['a text that is gone', `UPDATE publications SET text = replace(text, '"text 40"', '') WHERE offset = 1`],
    ['for whom they are', 'UPDATE publications SET recipient = \'"eve"\' WHERE offset = 1'],
    ['a time that lets them expire', 'UPDATE publications SET time = 0 WHERE offset = 1'],
    ['a row that is gone', 'DELETE FROM publications WHERE offset = 65'],
    ['the first row, gone', 'DELETE FROM publications WHERE offset = 1'],
    ['the last row, gone', 'DELETE FROM publications WHERE offset = 129'],
    ['the order', 'UPDATE publications SET offset = 66 WHERE offset = 65'],
  ])('refuses to be read when a row has changed: %s', async (_, sql) => {
    const before = open();
    await append(before, 1, texts(140));
    await before.close();
    const database = new DatabaseSync(path);
    expect(database.prepare(sql).run().changes).toBe(1);
    database.close();
    const store = open();
    for (const after of [0, 39]) {
      await expect(store.read(1, after, EVERYTHING)).rejects.toThrow(LogUnavailableError);
    }
  });
});

describe('retention of several publications in a row', () => {
  /** So many may wait to be removed together: in rows of their own, and in the row that the oldest retained one is in. */
  const PENDING = 64 + 63;

  it('serves none that it does not keep, and removes the row when it keeps none of it', async () => {
    const store = open({ retention: { publications: 10 } });
    let top = 0;
    // After three it keeps some of the row before, whose first ones may be removed.
    for (const count of Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? 50 : 3))) {
      await append(store, 1, texts(count, top + 1));
      top += count;
      expect(await readTexts(store)).toEqual(texts(10, top - 9));
      expect(await store.count(1, 0, top, 'ann')).toBe(10);
    }
    const [first] = (await rowsOf(store))[0] ?? [];
    expect(first).toBeGreaterThan(top - 10 - PENDING);
    // Also when it is opened again, where the row of the oldest one has some before it.
    expect(await readTexts(open({ retention: { publications: 10 } }))).toEqual(texts(10, top - 9));
  });

  it('leaves nothing of what it removed in the file', async () => {
    const store = open({ retention: { publications: 10 } });
    const padding = 'x'.repeat(500);
    for (let at = 0; at < 1_000; at += 25) {
      await append(
        store,
        1,
        Array.from({ length: 25 }, (_, index) => `confidential-${at + index + 1};${padding}`),
      );
    }
    await store.close();
    const readable = [...readFileSync(path, 'latin1').matchAll(/confidential-(\d+);/g)].map(([, n]) =>
      Number(n),
    );
    expect(readable.length).toBeGreaterThanOrEqual(10);
    expect(Math.min(...readable)).toBeGreaterThan(1_000 - 10 - PENDING);
  });
});
