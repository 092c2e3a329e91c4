import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { beginNewEpochs } from '../../src/log/new-epochs.ts';
import { sqliteLog } from '../../src/log/sqlite.ts';
import { breakOf, decideStart } from '../../src/start.ts';

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitalwire-epochs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'log.db');
}

async function append(path: string, count: number, topic = 1): Promise<void> {
  const log = sqliteLog({ path });
  for (let i = 0; i < count; i++) await log.append(topic, { text: '{}' });
  await log.close();
}

describe('beginNewEpochs', () => {
  it('turns what an older copy would pass over in silence into a gap', async () => {
    const path = temporaryFile();
    await append(path, 3);
    copyFileSync(path, `${path}.copy`);
    await append(path, 4);
    const before = sqliteLog({ path });
    const held = { epoch: (await before.state(1)).epoch, offset: 7 };
    await before.close();

    copyFileSync(`${path}.copy`, path);
    expect(beginNewEpochs(path)).toBe(1);
    await append(path, 6);
    const log = sqliteLog({ path });
    const state = await log.state(1);
    expect(state).toMatchObject({ top: 9, earliest: 1 });
    expect(breakOf(held, state)).toBe('epoch_changed');
    await log.close();
  });

  it('turns it into a gap also for a user whose receipts alone tell where it stands', async () => {
    const path = temporaryFile();
    await append(path, 3);
    const before = sqliteLog({ path });
    const { epoch } = await before.state(1);
    const received = { epoch, offset: 2 };
    await before.receive([{ topic: 1, userId: 'ann', position: received }]);
    await before.close();
    // The copy is this file: what was published after it, and perhaps never reached ann, is lost with it.
    beginNewEpochs(path);

    const log = sqliteLog({ path });
    const start = async () => decideStart(await log.received(1, 'ann'), await log.state(1));
    expect(await start()).toMatchObject({ status: 'gap', reason: 'epoch_changed', lastSeen: received });
    // What is proven from now on counts, although it may be less.
    const position = { epoch: (await log.state(1)).epoch, offset: 1 };
    await log.receive([{ topic: 1, userId: 'ann', position: { epoch, offset: 3 } }]);
    expect(await log.received(1, 'ann')).toEqual(received);
    await log.receive([{ topic: 1, userId: 'ann', position }]);
    expect(await log.received(1, 'ann')).toEqual(position);
    expect(await start()).toEqual({ status: 'recovered', from: 1 });
    await log.close();
  });

  it('gives every topic an epoch of its own and keeps what is in the log', async () => {
    const path = temporaryFile();
    await append(path, 2, 1);
    await append(path, 1, 2);
    expect(beginNewEpochs(path)).toBe(2);
    const log = sqliteLog({ path });
    const [one, two] = [await log.state(1), await log.state(2)];
    expect(one.epoch).not.toBe(two.epoch);
    expect((await log.read(1, 0, { publications: 9, size: 99 })).publications).toHaveLength(2);
    await log.close();
  });

  it('refuses a file that is not there or that a server holds', async () => {
    const path = temporaryFile();
    expect(() => beginNewEpochs(path)).toThrow(/path.*does not exist/);
    const log = sqliteLog({ path });
    expect(() => beginNewEpochs(path)).toThrow(/in use by another process/);
    await log.close();
  });
});
