import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LogStore } from '../../src/log/log-store.ts';
import { sqliteLog } from '../../src/log/sqlite.ts';

const ROUNDS = 12;
const PROCESS = join(import.meta.dirname, '..', 'support', 'appending-process.ts');
const EVERYTHING = { publications: Infinity, size: Infinity };

interface Acknowledged {
  readonly topic: number;
  readonly epoch: string;
  readonly offset: number;
  readonly text: string;
}

/** When to kill: after so many acknowledgements, or so long after the start, whichever comes first; and a little later. */
interface Moment {
  readonly acknowledgements: number;
  readonly startedMs: number;
  readonly laterMs: number;
}

/** Most of them in the middle of the work, some while the file is being opened. */
function randomMoment(round: number): Moment {
  const early = round % 4 === 0;
  return {
    acknowledgements: Math.floor(Math.random() * 800),
    startedMs: early ? Math.random() * 300 : 20_000,
    laterMs: Math.random() * 5,
  };
}

/** Starts a process that appends, kills it, and resolves with what it acknowledged until then. */
async function appendUntilKilled(path: string, run: string, moment: Moment): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, ['--conditions=@vitalwire/source', PROCESS, path, run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let output = '';
  let lines = 0;
  const enough = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      lines += chunk.split('\n').length - 1;
      if (lines > moment.acknowledgements) resolve();
    });
  });
  await Promise.race([enough, delay(moment.startedMs, undefined, { ref: false }), closed]);
  await delay(moment.laterMs);
  expect(child.exitCode, 'the process ended by itself').toBeNull();
  child.kill('SIGKILL');
  await closed;
  // The last line may be half a line.
  const whole = output.split('\n').slice(0, -1);
  return whole.map((line) => {
    const [topic, epoch = '', offset, text = ''] = line.split(' ');
    return { topic: Number(topic), epoch, offset: Number(offset), text };
  });
}

async function textsByTopic(store: LogStore): Promise<Map<number, string[]>> {
  const logs = new Map<number, string[]>();
  for (const topic of [1, 2, 3]) {
    const page = await store.read(topic, 0, EVERYTHING);
    expect(page.earliest).toBe(1);
    expect(page.publications.map(({ offset }) => offset)).toEqual(page.publications.map((_, at) => at + 1));
    expect(page.top).toBe(page.publications.length);
    logs.set(
      topic,
      page.publications.map(({ text }) => text),
    );
  }
  return logs;
}

/** Of every writer: its appends are there in its own order, once, and at most one beyond what was acknowledged. */
function checkWriters(logs: Map<number, string[]>, acknowledged: readonly Acknowledged[]): void {
  const last = new Map<string, number>();
  for (const { text } of acknowledged) {
    const [writer, counter] = split(text);
    last.set(writer, counter);
  }
  const seen = new Map<string, number>();
  for (const text of [...logs.values()].flat()) {
    const [writer, counter] = split(text);
    expect(counter, text).toBe((seen.get(writer) ?? 0) + 1);
    seen.set(writer, counter);
  }
  for (const [writer, counter] of seen) expect(counter - (last.get(writer) ?? 0)).toBeLessThanOrEqual(1);
}

function split(text: string): [writer: string, counter: number] {
  const dot = text.lastIndexOf('.');
  return [text.slice(0, dot), Number(text.slice(dot + 1))];
}

describe('sqliteLog in a process that is killed at any moment', () => {
  it(`has lost nothing and used no offset twice, ${ROUNDS} times`, { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitalwire-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'log.db');
    const acknowledged: Acknowledged[] = [];
    const epochs = new Map<number, string>();

    for (let round = 1; round <= ROUNDS; round += 1) {
      const moment = randomMoment(round);
      const fresh = await appendUntilKilled(path, `${round}`, moment);
      acknowledged.push(...fresh);

      const store = sqliteLog({ path, retention: { publications: Infinity } });
      const logs = await textsByTopic(store);
      for (const { topic, epoch, offset, text } of acknowledged) {
        expect(logs.get(topic)?.[offset - 1], `${topic}:${offset}, killed ${JSON.stringify(moment)}`).toBe(
          text,
        );
        if (!epochs.has(topic)) epochs.set(topic, epoch);
        expect(epoch).toBe(epochs.get(topic));
      }
      checkWriters(logs, acknowledged);
      // A client that never learnt whether it was appended may ask again.
      const again = fresh.at(-1);
      if (again !== undefined) {
        const { topic, epoch, offset, text } = again;
        const idempotency = { key: text, memo: '' };
        const repeated = await store.append(topic, { text, idempotency });
        expect(repeated).toEqual({ position: { epoch, offset }, duplicateOf: `${round}` });
      }
      await store.close();

      const database = new DatabaseSync(path);
      expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
      database.close();
    }
    // Otherwise the test has tested nothing.
    expect(acknowledged.length).toBeGreaterThan(500);
    expect(epochs.size).toBe(3);
  });
});
