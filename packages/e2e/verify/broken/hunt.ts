import { rm } from 'node:fs/promises';
import type { ViolationKind } from '@vitalwire/server/verify';
import { faultKinds } from '../faults/index.ts';
import { run } from '../run.ts';
import type { Bug } from './bugs.ts';

/** What the runs against a broken server showed. */
export interface Hunt {
  readonly bug: Bug;
  /** The violations of the last run, by how often they were found. */
  readonly found: Readonly<Partial<Record<ViolationKind, number>>>;
  /** Whether one of them is a trace of this bug. */
  readonly caught: boolean;
  readonly runs: number;
}

const RUN_MS = 8_000;

/** Runs against a broken server until it is found out, or until there were enough runs. */
export async function hunt(bug: Bug, seed: number, mostRuns = 5): Promise<Hunt> {
  for (let runs = 1; ; runs++) {
    const found = await runBroken(bug, seed + runs);
    const caught = bug.traces.some((kind) => found[kind] !== undefined);
    if (caught || runs === mostRuns) return { bug, found, caught, runs };
  }
}

async function runBroken({ name, log, faults }: Bug, seed: number): Promise<Hunt['found']> {
  const plant = new URL('plant.ts', import.meta.url);
  plant.searchParams.set('bug', name);
  const { report, outputs, folder } = await run({
    durationMs: RUN_MS,
    log,
    nodes: log.startsWith('redis') ? 2 : 1,
    seed,
    kinds: faultKinds.filter((kind) => faults.includes(kind.name)),
    publishers: 2,
    users: 12,
    rate: 60,
    retentionSeconds: 3,
    faultEveryMs: 500,
    catchUpWithinMs: 5_000,
    imports: [plant.href],
    say: () => {},
  });
  const starts = outputs.filter((output) => output.includes(`planted ${name}\n`));
  if (starts.length !== outputs.length)
    throw new Error(`${name} was not planted; a server said:\n${outputs[0]}`);
  if (folder !== undefined) await rm(folder, { recursive: true });
  return report.violationCounts;
}

/** What was found, as a table. */
export function huntTable(hunts: readonly Hunt[]): string {
  const rows = hunts.map(({ bug, found, caught, runs }) => [
    bug.name,
    Object.entries(found)
      .map(([kind, count]) => `${kind} (${count})`)
      .join(', ') || 'nothing',
    caught ? String(runs) : `NOT CAUGHT in ${runs}`,
    bug.description,
  ]);
  const all = [['planted bug', 'violations that caught it', 'runs', 'what is wrong'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n');
}
