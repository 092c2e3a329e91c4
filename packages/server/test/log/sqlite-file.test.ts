import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogUnavailableError, OptionError } from '../../src/errors.ts';
import { checksumOf } from '../../src/log/checksum.ts';
import type { LogStore } from '../../src/log/log-store.ts';
import { type SqliteLogOptions, sqliteLog } from '../../src/log/sqlite.ts';

describe('the file of sqliteLog', () => {
  let folder: string;
  let path: string;
  const opened: LogStore[] = [];

  function open(options: Partial<SqliteLogOptions> = {}): LogStore {
    const store = sqliteLog({ path, ...options });
    opened.push(store);
    return store;
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitalwire-log-'));
    path = join(folder, 'log.db');
  });

  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    rmSync(folder, { recursive: true });
  });

  it('is created with its folders, and readable for its owner only', async () => {
    path = join(folder, 'not', 'there', 'yet.db');
    await open().append(1, { text: 'a' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'not')).mode & 0o777).toBe(0o700);
  });

  it.each([undefined, '', 5, ':memory:', 'a\0b'])('is refused when path is %j', (given) => {
    const options = { path: given } as SqliteLogOptions;
    expect(() => sqliteLog(options)).toThrow(
      expect.objectContaining({ name: 'OptionError', option: 'path' }),
    );
  });

  it('is left alone when another option is wrong', () => {
    expect(() => open({ retention: { ageMs: 0 } })).toThrow(OptionError);
    expect(() => open({ journal: 'off' } as object)).toThrow(/option journal: is unknown/);
    expect(existsSync(path)).toBe(false);
  });

  it('takes a name that SQLite could read as something else', async () => {
    path = join(folder, 'file:log?mode=memory&cache=shared#');
    await open().append(1, { text: 'a' });
    expect(statSync(path).isFile()).toBe(true);
  });

  describe('when it cannot be a log', () => {
    function expectRefused(reason: RegExp): void {
      let thrown: unknown;
      try {
        open();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(OptionError);
      expect(thrown).toMatchObject({ option: 'path', message: expect.stringContaining(path) });
      expect((thrown as Error).message).toMatch(reason);
    }

    it('is refused as a folder', () => {
      mkdirSync(path);
      expectRefused(/EISDIR/);
    });

    it('is refused below a file', () => {
      writeFileSync(join(folder, 'file'), '');
      path = join(folder, 'file', 'log.db');
      expectRefused(/ENOTDIR|EEXIST/);
    });

    it('is refused, and not touched, when it is something else', () => {
      const text = 'a letter to grandmother, longer than the header of a database. '.repeat(100);
      writeFileSync(path, text);
      expectRefused(/not a database/);
      expect(readFileSync(path, 'utf8')).toBe(text);
    });

    it('is refused as the database of another program', () => {
      const other = new DatabaseSync(path);
      other.exec('CREATE TABLE letters (id INTEGER PRIMARY KEY)');
      other.close();
      expectRefused(/database of something else/);
    });

    it('is refused when a newer version wrote it, naming both formats', async () => {
      await open().close();
      const database = new DatabaseSync(path);
      database.exec('PRAGMA user_version = 4');
      database.close();
      expectRefused(/format 4, written by a newer version; this one knows 3/);
    });
  });

  describe('when an older version wrote it', () => {
    it('keeps what is in it, receipts as those of the current epochs', async () => {
      const before = open();
      const { position } = await before.append(1, { text: 'a' });
      await before.append(1, { text: 'b' });
      await before.state(2);
      await before.receive([
        { topic: 1, userId: 'ann', position },
        { topic: 1, userId: 'bob\0', position: { ...position, offset: 0 } },
      ]);
      await before.close();
      downgrade();

      const after = open();
      expect(await after.received(1, 'ann')).toEqual(position);
      expect(await after.received(1, 'bob\0')).toEqual({ ...position, offset: 0 });
      expect(await after.received(2, 'ann')).toBeUndefined();
      expect(await after.unreceived()).toEqual(new Map([[1, 1]]));
      expect(await after.append(1, { text: 'c' })).toMatchObject({ position: { ...position, offset: 3 } });
      await after.close();
      expect(await open().received(1, 'ann')).toEqual(position);
    });

    it('keeps publications, keys and what is damaged as they are', async () => {
      const before = open();
      const idempotency = { key: 'key', memo: 'memo' };
      const { position } = await before.append(1, { text: 'a', to: 'ann', idempotency });
      await before.append(1, { text: 'b' });
      await before.append(2, { text: 'c' });
      await before.close();
      downgrade();
      change("UPDATE publications SET text = 'damaged' WHERE topic = 2");

      const after = open();
      const everything = { publications: Infinity, size: Infinity };
      expect((await after.read(1, 0, everything)).publications).toEqual([
        { offset: 1, text: 'a', to: 'ann' },
        { offset: 2, text: 'b' },
      ]);
      expect(await after.append(1, { text: 'a', idempotency })).toEqual({ position, duplicateOf: 'memo' });
      await expect(after.read(2, 0, everything)).rejects.toThrow(LogUnavailableError);
    });

    it('is left as it was when it cannot be brought up to date', async () => {
      await open().close();
      downgrade();
      change('DROP TABLE topics');
      expect(() => open()).toThrow(/cannot be used as a log: no such table/);
      const database = new DatabaseSync(path);
      const tables = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .all();
      expect(tables.map(({ name }) => name)).toEqual(['idempotency_keys', 'publications', 'receipts']);
      expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
      database.close();
    });

    it('keeps publications of version 2, one in a row, and goes on with several', async () => {
      const before = open();
      for (const text of ['a', 'b']) await before.append(1, { text, to: 'ann' });
      await before.close();
      change(VERSION_2);

      const after = open();
      await Promise.all(['c', 'd'].map((text) => after.append(1, { text })));
      const everything = { publications: Infinity, size: Infinity };
      const kept = [
        { offset: 1, text: 'a', to: 'ann' },
        { offset: 2, text: 'b', to: 'ann' },
        { offset: 3, text: 'c' },
        { offset: 4, text: 'd' },
      ];
      expect((await after.read(1, 0, everything)).publications).toEqual(kept);
      expect(await after.count(1, 0, 4, 'ann')).toBe(4);
      await after.close();
      expect((await open().read(1, 1, everything)).publications).toEqual(kept.slice(1));
    });

    const VERSION_2 = 'ALTER TABLE publications DROP COLUMN last; PRAGMA user_version = 2;';

    /** As version 1 had it: receipts without an epoch, times without a checksum. */
    function downgrade(): void {
      change(`
        ${VERSION_2}
        UPDATE publications SET checksum = checksum_of(topic, offset, recipient, text);
        ALTER TABLE idempotency_keys DROP COLUMN checksum;
        CREATE TABLE old (
          topic INTEGER NOT NULL, user TEXT NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (topic, user)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO old SELECT topic, user, offset FROM receipts;
        DROP TABLE receipts;
        ALTER TABLE old RENAME TO receipts;
        PRAGMA user_version = 1;
      `);
    }

    function change(sql: string): void {
      const database = new DatabaseSync(path);
      database.function('checksum_of', { varargs: true }, (...fields) =>
        checksumOf(...(fields as (string | number | null)[])),
      );
      database.exec(sql);
      database.close();
    }
  });

  describe('when it is open already', () => {
    const inUse = () =>
      expect.objectContaining({
        name: 'LogUnavailableError',
        message: `the log file ${path} is in use by another process`,
      });

    it('is refused to a second store', async () => {
      const first = open();
      expect(() => open()).toThrow(inUse());
      expect(await first.append(1, { text: 'a' })).toMatchObject({ position: { offset: 1 } });
    });

    it('is refused to a second process, and free when the first was killed', {
      timeout: 30_000,
    }, async () => {
      const child = spawn(
        process.execPath,
        [
          '--conditions=@vitalwire/source',
          join(import.meta.dirname, '..', 'support', 'appending-process.ts'),
          path,
          'x',
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const started = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
      expect(String(started[0]), 'the process ended by itself').toMatch(/^\d+ /);
      expect(() => open()).toThrow(inUse());
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect((await open().state(1)).top).toBeGreaterThan(0);
    });
  });
});
