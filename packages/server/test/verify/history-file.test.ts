import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HistoryEvent, HistoryWriter, mergeHistories, readHistory } from '../../src/verify/index.ts';
import { aRun } from './support/a-run.ts';

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitalwire-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'history.ndjson');
}

async function listed(history: AsyncIterable<HistoryEvent>): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  for await (const event of history) events.push(event);
  return events;
}

async function written(file: string, count = 3): Promise<void> {
  const writer = new HistoryWriter(file, 'here');
  for (let seed = 0; seed < count; seed++) writer.record({ type: 'run.begun', seed });
  await writer.close();
  expect(writer.events).toBe(count);
}

describe('a history file', () => {
  it('is read as it was recorded', async () => {
    const file = temporaryFile();
    await written(file, 5_000);
    const events = await listed(readHistory(file));
    expect(events.map((event) => event.type === 'run.begun' && event.seed)).toEqual([...Array(5_000).keys()]);
    expect(events[0]?.process).toBe('here');
    const times = events.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('may end in the middle of a line, as that of a killed process', async () => {
    const file = temporaryFile();
    await written(file);
    appendFileSync(file, '{"at":12,"type":"sett');
    expect(await listed(readHistory(file))).toHaveLength(3);
  });

  it.each(['no JSON', '{"type":"settled"}', '[]', ''])(
    'names the line that is no event: %j',
    async (line) => {
      const file = temporaryFile();
      await written(file);
      writeFileSync(file, `${line}\n${readFileSync(file, 'utf8')}`);
      await expect(listed(readHistory(file))).rejects.toThrow(`${file}:1 is no event`);
    },
  );

  it('says when it cannot be written', async () => {
    const writer = new HistoryWriter(join(temporaryFile(), 'no', 'folder'), 'here');
    writer.record({ type: 'settled' });
    await expect(writer.close()).rejects.toThrow(/ENOENT|ENOTDIR/);
  });
});

describe('mergeHistories', () => {
  it('puts several histories in the order of their time', async () => {
    const run = aRun();
    const parts = [0, 1, 2].map((part) => run.filter((_, index) => index % 3 === part));
    expect(await listed(mergeHistories([...parts, []]))).toEqual(run);
  });
});
