import { hasRedis } from '@vitalwire/server/testing/redis';
import { formatReport, type Guards } from '@vitalwire/server/verify';
import { describe, expect, it } from 'vitest';
import { bugs } from '../verify/broken/bugs.ts';
import { hunt, huntTable } from '../verify/broken/hunt.ts';
import { faultKinds } from '../verify/faults/index.ts';
import { type Outcome, type RunOptions, run } from '../verify/run.ts';

/** A machine with more to do is late, and publishes less; neither makes a history wrong. */
const guards: Partial<Guards> = {
  acknowledged: 300,
  acknowledgedDuringFaults: 100,
  faults: 8,
  recovered: 100,
  live: 1_000,
  loopDelayMs: 2_000,
  rateShare: 0.2,
};

function runShort(log: RunOptions['log'], seed: number): Promise<Outcome> {
  console.log(`a run over ${log}: pnpm verify --log ${log} --seed ${seed}`);
  return run({
    log,
    seed,
    durationMs: 12_000,
    nodes: log === 'redis' ? 3 : 1,
    // Where no log may lose anything, an epoch that changes is found as well.
    kinds: faultKinds.filter(({ newEpochs }) => !newEpochs),
    publishers: 2,
    users: 12,
    rate: 60,
    imports: [],
    faultEveryMs: 400,
    check: { guards },
    say: () => {},
  });
}

/** Runs once more when the first run proved nothing, because the machine was too busy. What a run proved stands, good or bad. */
async function runUntilProven(log: RunOptions['log'], seed: number): Promise<Outcome> {
  const outcome = await runShort(log, seed);
  const { report, settled, incidents } = outcome;
  const wrong = incidents.length + settled.behind.length + settled.open > 0;
  if (report.verdict !== 'invalid' || wrong) return outcome;
  console.log(`it proved nothing: ${report.invalid.join('; ')}`);
  return runShort(log, seed + 1);
}

const randomSeed = () => Number(process.env['VITALWIRE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe('a run with faults of every kind', () => {
  async function finds(log: RunOptions['log'], seed: number): Promise<void> {
    const { report, settled, incidents, folder } = await runUntilProven(log, seed);
    const { verdict, invalid, violations } = report;
    const { behind, open } = settled;
    expect(
      { verdict, invalid, violations, incidents, behind, open },
      [`seed ${seed}, histories in ${folder}`, formatReport(report), ...incidents, ...behind].join('\n'),
    ).toEqual({ verdict: 'held', invalid: [], violations: [], incidents: [], behind: [], open: 0 });
  }

  it('finds the promise kept by a memory log', { timeout: 240_000 }, () => finds('memory', 7));

  it('finds the promise kept by a sqlite log', { timeout: 240_000 }, () => finds('sqlite', randomSeed()));

  it.skipIf(!hasRedis())('finds the promise kept by three nodes on Redis', { timeout: 240_000 }, () =>
    finds('redis', randomSeed()),
  );
});

describe('a run against a server that is broken on purpose', () => {
  it.for(['resume-too-late', 'keys-forgotten'])('finds %s', { timeout: 120_000 }, async (name) => {
    const found = await Promise.all(bugs.filter((bug) => bug.name === name).map((bug) => hunt(bug, 1)));
    expect(
      found.map(({ caught }) => caught),
      huntTable(found),
    ).toEqual([true]);
  });
});
