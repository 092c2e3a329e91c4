// Measures Vitalwire beside its peers and the limit of the machine. Ends with 0 when everything was delivered as it must
// be, whatever the figures; 1 when something was lost, repeated or misordered; 2 when it could not be run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { goals } from './goals.ts';
import { openFileLimit } from './open-files.ts';
import { parseOptions, UsageError } from './options.ts';
import { findCores } from './processes/cores.ts';
import { judge } from './report/goals.ts';
import { goalTable, resultTables } from './report/table.ts';
import { run } from './run.ts';
import { scenarios } from './scenarios/index.ts';
import { DeliveryError } from './scenarios/scenario.ts';
import { type TargetName, targetNames } from './target-names.ts';

const USAGE = `pnpm bench [--quick] [--scenario <name,name>] [--target <name,name>] [--rounds 5] [--out <folder>]
scenarios: ${scenarios.map(({ name }) => name).join(', ')}
targets: ${targetNames.join(', ')}`;

const DURATIONS = { warmUpMs: 1_000, measureMs: 2_000 };
const QUICK_DURATIONS = { warmUpMs: 500, measureMs: 700 };

try {
  await bench();
} catch (error) {
  const expected = error instanceof UsageError || error instanceof DeliveryError;
  console.error(expected ? `${error.name}: ${error.message}` : error);
  if (error instanceof UsageError) console.error(USAGE);
  process.exitCode = error instanceof DeliveryError ? 1 : 2;
}

async function bench(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), {
    scenarios: scenarios.map(({ name }) => name),
    targets: targetNames,
    out: resolve(import.meta.dirname, '../results'),
  });
  const begun = performance.now();
  const cores = findCores();
  const results = await run({
    scenarios: scenarios.filter(({ name }) => options.scenarios.includes(name)),
    targets: targetNames.filter((name) => options.targets.includes(name)),
    rounds: options.rounds,
    surroundings: { cores, durations: options.quick ? QUICK_DURATIONS : DURATIONS },
    openFiles: openFileLimit(),
    missing: new Map<TargetName, string>(),
    say: (line) => console.error(`[${clock(performance.now() - begun)}] ${line}`),
  });
  const outcomes = goals.map((goal) => judge(goal, results));
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores };
  console.log(`\n${resultTables(results)}\n\n${goalTable(outcomes)}`);
  mkdirSync(options.out, { recursive: true });
  const report = { machine, date: new Date().toISOString(), quick: options.quick, rounds: options.rounds };
  writeFileSync(
    join(options.out, 'results.json'),
    `${JSON.stringify({ ...report, outcomes, results }, null, 2)}\n`,
  );
  console.log(`\n${join(options.out, 'results.json')}`);
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
