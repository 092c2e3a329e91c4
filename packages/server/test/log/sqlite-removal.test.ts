import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sqliteLog } from '../../src/log/sqlite.ts';

/** Rows that may wait to be removed together. */
const PENDING = 64;

describe('what retention removed', () => {
  it('cannot be read from the file any more', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitalwire-removal-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'log.db');
    const log = sqliteLog({ path, retention: { publications: 10 } });
    const padding = 'x'.repeat(500);
    for (let i = 1; i <= 1_000; i++)
      await log.append(1, { text: JSON.stringify(`confidential-${i};${padding}`) });
    await log.close();
    const readable = [...readFileSync(path, 'latin1').matchAll(/confidential-(\d+);/g)].map(([, n]) =>
      Number(n),
    );
    expect(readable.length).toBeGreaterThanOrEqual(10);
    expect(Math.min(...readable)).toBeGreaterThan(1_000 - 10 - PENDING);
  });
});
