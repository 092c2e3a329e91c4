import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text as textOf } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { LogUnavailableError, OptionError } from '../../src/errors.ts';
import { LocalLogStore, resolveLocalOptions } from '../../src/log/local-log-store.ts';
import type { Announcement, LogStore } from '../../src/log/log-store.ts';
import { sqliteLog } from '../../src/log/sqlite.ts';
import { openLogFile } from '../../src/log/sqlite-file.ts';
import { SqliteLog } from '../../src/log/sqlite-log.ts';
import { ManualClock } from '../../src/testing/index.ts';

const EVERYTHING = { publications: Infinity, size: Infinity };

/** How long housekeeping may take on a busy machine. */
const WAIT = { timeout: 4_000 };

describe('sqliteLog', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitalwire-log-'));
    path = join(folder, 'log.db');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** A store, and the database under it. */
  function openBoth(options: Parameters<typeof resolveLocalOptions>[0] = {}) {
    const file = openLogFile(path);
    const { database } = file;
    const store = new LocalLogStore(new SqliteLog(file), resolveLocalOptions(options));
    onTestFinished(() => store.close());
    const rows = (table: string) =>
      Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
    return { database, store, rows };
  }

  /** Opens a closed store again after its rows have changed. */
  async function changed(store: LogStore, sql: string) {
    await store.close();
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
    return openBoth();
  }

  describe('when the disk is full', () => {
    it('refuses what does not fit, has not done it, and goes on when there is space', async () => {
      const { database, store } = openBoth();
      const heard: Announcement[] = [];
      store.onAnnouncement((announcement) => heard.push(announcement));
      const { position } = await store.append(1, { text: 'before' });
      const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
      database.exec(`PRAGMA max_page_count = ${pages}`);

      const big = 'x'.repeat(50_000);
      const idempotency = { key: 'key', memo: '' };
      const refused = [
        store.append(2, { text: 'small', idempotency }),
        store.append(1, { text: big, idempotency }),
        store.append(1, { text: 'small' }),
      ];
      for (const append of refused) await expect(append).rejects.toThrow(LogUnavailableError);
      await expect(store.append(1, { text: big })).rejects.toMatchObject({ temporary: true });
      expect(heard).toHaveLength(1);
      expect(await store.read(1, 0, EVERYTHING)).toMatchObject({
        top: 1,
        publications: [{ text: 'before' }],
      });
      expect(await store.append(1, { text: 'fits' })).toMatchObject({ position: { ...position, offset: 2 } });

      database.exec('PRAGMA max_page_count = 1000000');
      const after = await store.append(1, { text: big, idempotency });
      expect(after).toEqual({ position: { ...position, offset: 3 } });
      expect((await store.append(2, { text: 'b', idempotency })).position.offset).toBe(1);
      expect(heard.map(({ publications }) => publications.map(({ offset }) => offset))).toEqual([
        [1],
        [2],
        [3],
        [1],
      ]);
      expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    });
  });

  describe('when the disk fails', () => {
    it('acknowledges nothing more until it is opened again, and has all that it acknowledged', {
      timeout: 30_000,
    }, async () => {
      // A limit on the size of files makes the system refuse a write as a broken disk would.
      const program = join(import.meta.dirname, '..', 'support', 'failing-process.ts');
      const node = [process.execPath, '--conditions=@vitalwire/source', program, path];
      const child = spawn('/bin/sh', ['-c', 'ulimit -f 1000; exec "$@"', 'sh', ...node], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [output] = await Promise.all([textOf(child.stdout), once(child, 'exit')]);
      const { acknowledged, reason, failures, afterwards } = JSON.parse(output);
      expect(acknowledged).toBeGreaterThan(10);
      expect(reason).toMatch(/I\/O error/);
      // Opening the log again may find the append; the log that was to begin in the same transaction concerns nobody.
      expect(failures).toEqual(['OutcomeUnknownError', 'LogUnavailableError']);
      expect(afterwards).toEqual(
        Array(3).fill('LogUnavailableError: the log failed, and must be opened again'),
      );

      const store = sqliteLog({ path });
      onTestFinished(() => store.close());
      const { publications } = await store.read(1, 0, EVERYTHING);
      // The refused append may or may not be there: a retry with its key would tell.
      expect([acknowledged, acknowledged + 1]).toContain(publications.length);
      expect(await store.append(1, { text: 'again' })).toMatchObject({
        position: { offset: publications.length + 1 },
      });
    });
  });

  describe('when bytes of the file have changed', () => {
    const topics = [1, 2, 3];
    let sound: Buffer;
    let epochs: Map<number, string>;

    async function fill(): Promise<void> {
      const store = sqliteLog({ path });
      for (const topic of topics) {
        await Promise.all(
          Array.from({ length: 40 }, (_, at) => store.append(topic, { text: textAt(topic, at + 1) })),
        );
      }
      epochs = new Map();
      for (const topic of topics) epochs.set(topic, (await store.state(topic)).epoch);
      await store.receive([...epochs].map(([topic, epoch]) => receiptOf(topic, epoch)));
      await store.close();
      sound = readFileSync(path);
    }

    function textAt(topic: number, offset: number): string {
      return `${topic}/${offset} `.repeat(20);
    }

    function receiptOf(topic: number, epoch: string) {
      return { topic, userId: 'ann', position: { epoch, offset: 7 } };
    }

    type Outcome = 'refused' | 'another epoch' | 'whole';

    /** What a reader of the topic is served is right and whole, or it is told: by an error, or by another epoch. */
    async function checkTopic(store: LogStore, topic: number): Promise<Outcome> {
      try {
        const { epoch, earliest, top, publications } = await store.read(topic, 0, EVERYTHING);
        if (epoch !== epochs.get(topic)) return 'another epoch';
        expect([earliest, top]).toEqual([1, 40]);
        expect(publications.map(({ offset, text }) => [offset, text])).toEqual(
          Array.from({ length: 40 }, (_, at) => [at + 1, textAt(topic, at + 1)]),
        );
        const received = await store.received(topic, 'ann');
        expect([undefined, receiptOf(topic, epoch).position]).toContainEqual(received);
        return 'whole';
      } catch (error) {
        if (error instanceof LogUnavailableError) return 'refused';
        throw error;
      }
    }

    it('never serves a wrong or an incomplete log as a whole one', { timeout: 30_000 }, async () => {
      await fill();
      const damage = fc.record({
        at: fc.nat({ max: sound.length - 1 }),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
      });
      const outcomes = new Set<Outcome>();
      await fc.assert(
        fc.asyncProperty(damage, async ({ at, bytes }) => {
          const changed = Buffer.from(sound);
          changed.set(bytes.subarray(0, sound.length - at), at);
          writeFileSync(path, changed);
          let store: LogStore;
          try {
            store = sqliteLog({ path });
          } catch (error) {
            expect(error).toBeInstanceOf(OptionError);
            return;
          }
          try {
            for (const topic of topics) outcomes.add(await checkTopic(store, topic));
          } finally {
            await store.close();
          }
        }),
        { numRuns: 500 },
      );
      // Otherwise the test has tested nothing.
      expect([...outcomes]).toEqual(expect.arrayContaining(['refused', 'whole']));
    });
  });

  describe('when rows have changed', () => {
    it.each([
      ['the state of a topic', 'UPDATE topics SET top = 2 WHERE id = 1'],
      ['an epoch', "UPDATE topics SET epoch = 'another' WHERE id = 1"],
      ['a text', "UPDATE publications SET text = 'x' WHERE topic = 1 AND offset = 2"],
      [
        'for whom a publication is',
        'UPDATE publications SET recipient = \'"eve"\' WHERE topic = 1 AND offset = 2',
      ],
      ['the time of a publication', 'UPDATE publications SET time = time - 1 WHERE topic = 1 AND offset = 2'],
      ['a time that lets it expire', 'UPDATE publications SET time = 0 WHERE topic = 1 AND offset = 1'],
      ['the order', 'UPDATE publications SET offset = 9 WHERE topic = 1 AND offset = 2'],
      ['a publication that is gone', 'DELETE FROM publications WHERE topic = 1 AND offset = 2'],
      ['the last one that is gone', 'DELETE FROM publications WHERE topic = 1 AND offset = 3'],
    ])('refuses to read the topic: %s', async (_, sql) => {
      const { store: before } = openBoth();
      for (const text of ['a', 'b', 'c']) await before.append(1, { text });
      await before.append(2, { text: 'sound' });
      const { store } = await changed(before, sql);
      await expect(store.read(1, 0, EVERYTHING)).rejects.toThrow(LogUnavailableError);
      await expect(store.read(1, 0, EVERYTHING)).rejects.toMatchObject({
        cause: { message: expect.stringMatching(/damaged at .*topic 1/) },
      });
      expect((await store.read(2, 0, EVERYTHING)).publications).toEqual([{ offset: 1, text: 'sound' }]);
    });

    it('gives a user everything again whose receipt has changed', async () => {
      const { database, store } = openBoth();
      const { position } = await store.append(1, { text: 'a' });
      await store.append(1, { text: 'b' });
      await store.receive([{ topic: 1, userId: 'ann', position }]);
      expect(await store.received(1, 'ann')).toEqual(position);
      database.exec('UPDATE receipts SET offset = 2');
      expect(await store.received(1, 'ann')).toBeUndefined();
      await store.receive([{ topic: 1, userId: 'bob', position: { ...position, offset: 2 } }]);
      expect(await store.received(1, 'bob')).toEqual({ ...position, offset: 2 });
    });

    it.each([
      ['offset', 'UPDATE idempotency_keys SET offset = 2'],
      ['memo', 'UPDATE idempotency_keys SET memo = \'"another"\''],
      ['time, so that it would have expired', 'UPDATE idempotency_keys SET time = 0'],
    ])('does not append twice by a key that has changed: its %s', async (_, sql) => {
      const { database, store, rows } = openBoth();
      const entry = { text: 'a', idempotency: { key: 'key', memo: '' } };
      await store.append(1, entry);
      database.exec(sql);
      await expect(store.append(1, entry)).rejects.toThrow(LogUnavailableError);
      expect(rows('publications')).toBe(1);
    });

    it('refuses what shares a transaction with a damaged topic, and goes on with the others', async () => {
      const { store: before } = openBoth();
      await Promise.all([before.append(1, { text: 'a' }), before.append(2, { text: 'b' })]);
      const { store } = await changed(before, 'UPDATE topics SET top = 7 WHERE id = 1');
      const together = [store.append(2, { text: 'c' }), store.append(1, { text: 'd' })];
      for (const append of together) await expect(append).rejects.toThrow(LogUnavailableError);
      expect(await store.append(2, { text: 'e' })).toMatchObject({ position: { offset: 2 } });
      expect(await store.unreceived()).toEqual(new Map([[2, 2]]));
    });
  });

  describe('housekeeping', () => {
    const retention = { publications: 1_000, ageMs: 1_000, topAgeMs: 5_000 };

    it('removes what has expired from the file, and then forgets the topics', async () => {
      const clock = new ManualClock();
      const { store, rows } = openBoth({ retention, now: () => clock.now(), sweepIntervalMs: 5 });
      const topics = Array.from({ length: 120 }, (_, at) => at + 1);
      const idempotency = { key: 'key', memo: '' };
      const appended = await Promise.all(
        topics.map((topic) => store.append(topic, { text: 'a', idempotency })),
      );
      await store.receive(appended.map(({ position }, at) => ({ topic: at + 1, userId: 'ann', position })));
      clock.advance(500);
      await store.append(7, { text: 'younger', idempotency: { key: 'another', memo: '' } });
      expect([rows('publications'), rows('idempotency_keys'), rows('topics')]).toEqual([121, 121, 120]);
      clock.advance(500);
      await expect.poll(() => [rows('publications'), rows('idempotency_keys')], WAIT).toEqual([1, 1]);
      expect([rows('topics'), rows('receipts')]).toEqual([120, 120]);
      clock.advance(4_000);
      await expect.poll(() => [rows('topics'), rows('receipts')], WAIT).toEqual([1, 1]);
      expect((await store.state(7)).top).toBe(2);
    });

    it('happens while publications are appended, a few rows at a time', async () => {
      const { store, rows } = openBoth({ retention: { publications: 10 } });
      for (let at = 0; at < 300; at += 1) await store.append(1, { text: 'a' });
      expect(rows('publications')).toBeLessThan(80);
      expect(await store.state(1)).toMatchObject({ top: 300, earliest: 291 });
    });
  });

  describe('what it remembers of topics', () => {
    it('is dropped with a transaction that failed', async () => {
      const { database, store } = openBoth();
      const { position } = await store.append(1, { text: 'a' });
      const { epoch } = position;
      const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
      database.exec(`PRAGMA max_page_count = ${pages}`);
      const refused = [
        store.append(1, { text: 'b' }),
        store.append(2, { text: 'c' }),
        store.append(1, { text: 'x'.repeat(50_000) }),
      ];
      for (const append of refused) await expect(append).rejects.toThrow(LogUnavailableError);
      expect(await store.state(1)).toEqual({ epoch, top: 1, earliest: 1 });
      database.exec('PRAGMA max_page_count = 1000000');
      expect((await store.append(1, { text: 'd' })).position).toEqual({ epoch, offset: 2 });
      expect((await store.append(2, { text: 'e' })).position.offset).toBe(1);
      const { publications } = await store.read(1, 0, EVERYTHING);
      expect(publications.map(({ text }) => text)).toEqual(['a', 'd']);
    });

    it('is dropped with many appends of one call, none of which took effect', async () => {
      const { database, store } = openBoth();
      const { epoch } = (await store.append(1, { text: 'a' })).position;
      const heard: Announcement[] = [];
      store.onAnnouncement((announcement) => heard.push(announcement));
      const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
      database.exec(`PRAGMA max_page_count = ${pages}`);
      const outcomes = await store.appendAll?.([
        { topic: 1, text: 'b' },
        { topic: 2, text: 'c' },
        { topic: 1, text: 'x'.repeat(50_000) },
      ]);
      expect(outcomes?.map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual(
        Array(3).fill(expect.any(LogUnavailableError)),
      );
      expect(heard).toEqual([]);
      database.exec('PRAGMA max_page_count = 1000000');
      expect((await store.append(1, { text: 'd' })).position).toEqual({ epoch, offset: 2 });
      const { publications } = await store.read(1, 0, EVERYTHING);
      expect(publications.map(({ text }) => text)).toEqual(['a', 'd']);
      expect((await store.state(2)).top).toBe(0);
    });

    it('does not go while a transaction needs it, however many topics that touches', async () => {
      const { store } = openBoth();
      const topics = Array.from({ length: 6_000 }, (_, at) => at + 1);
      await Promise.all(topics.map((topic) => store.append(topic, { text: 'a' })));
      // It remembers the last 4,096. Those that go next are touched, then others come, and then they are touched again.
      const some = topics.slice(1_800, 2_000).reverse();
      const appended = await Promise.all(
        [...some, ...some].map((topic) => store.append(topic, { text: 'b' })),
      );
      const offsets = appended.map(({ position }) => position.offset);
      expect(offsets).toEqual([...some.map(() => 2), ...some.map(() => 3)]);
      for (const topic of some) expect(await store.state(topic)).toMatchObject({ top: 3 });
    });

    it('is forgotten with the topic', async () => {
      const clock = new ManualClock();
      const retention = { ageMs: 1_000, topAgeMs: 5_000 };
      const { store, rows } = openBoth({ retention, now: () => clock.now(), sweepIntervalMs: 5 });
      const { position } = await store.append(1, { text: 'a' });
      clock.advance(6_000);
      await expect.poll(() => rows('topics'), WAIT).toBe(0);
      expect(await store.received(1, 'ann')).toBeUndefined();
      const begun = await store.append(1, { text: 'b' });
      expect(begun.position.offset).toBe(1);
      expect(begun.position.epoch).not.toBe(position.epoch);
    });
  });

  it('puts what one turn appends into one transaction, and nothing of another turn', async () => {
    const { store, transactions } = countTransactions();
    await Promise.all([1, 2, 1, 3].map((topic) => store.append(topic, { text: 'a' })));
    expect(transactions()).toBe(1);
    await store.append(1, { text: 'b' });
    expect(transactions()).toBe(2);
  });

  it('puts four batches of one turn into one transaction, and never parts of one into two', async () => {
    const { store, transactions } = countTransactions();
    const thousand = Array.from({ length: 1_000 }, (_, at) => ({ topic: at % 7, text: 'a' }));
    const one = store.append(1, { text: 'b' });
    const batches = [1, 2, 3, 4, 5].map(() => store.appendAll(thousand));
    await Promise.all([one, batches[0]]);
    expect(transactions()).toBe(1);
    // What was before it left too little room for the fourth.
    const answered = vi.fn();
    void batches[2]?.then(answered);
    void batches[3]?.then(answered);
    await batches[2];
    expect(answered).toHaveBeenCalledTimes(1);
    await Promise.all(batches);
    expect(transactions()).toBe(2);
  });

  function countTransactions() {
    const log = new SqliteLog(openLogFile(path));
    let transactions = 0;
    const transaction = log.transaction.bind(log);
    log.transaction = (work) => {
      transactions += 1;
      transaction(work);
    };
    const store = new LocalLogStore(log, resolveLocalOptions({}));
    onTestFinished(() => store.close());
    return { store, transactions: () => transactions };
  }
});
