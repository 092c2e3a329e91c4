// Measures Vitalwire beside its peers and the limit of the machine. Ends with 0 when everything was delivered as it must
// be, whatever the figures; 1 when something was lost, repeated or misordered, or a target failed; 2 when it did not run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { hasRedis } from '@vitalwire/server/testing/redis';
import { goals } from './goals.ts';
import { openFileLimit } from './open-files.ts';
import { parseOptions, UsageError } from './options.ts';
import { plan } from './plan.ts';
import { findCores } from './processes/cores.ts';
import { chart } from './report/chart.ts';
import { judge } from './report/goals.ts';
import { markdown } from './report/markdown.ts';
import { goalTable, resultTables } from './report/table.ts';
import { run } from './run.ts';
import { scenarios } from './scenarios/index.ts';
import { type TargetName, targetNames } from './target-names.ts';

const USAGE = `pnpm bench [--goals | --quick] [--scenario <name,name>] [--target <name,name>] [--rounds 5] [--profile]
           [--out <folder>]
scenarios: ${scenarios.map(({ name }) => name).join(', ')}
targets: ${targetNames.join(', ')}`;

const NOT_PINNED = 'server and load generator were not pinned to cores of their own';

/** V8 goes on making code faster for three to four seconds, or six to eight storms; a server runs for longer. */
const EFFORT = {
  warmUpMs: 4_000,
  measureMs: 2_000,
  latencyMs: 30_000,
  warmUpStorms: 8,
  storms: 5,
  slowRounds: 3,
};
const QUICK_EFFORT = {
  warmUpMs: 2_000,
  measureMs: 1_000,
  latencyMs: 2_000,
  warmUpStorms: 1,
  storms: 1,
  slowRounds: 1,
};

// What was started ends with this process, and what it left behind is removed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

try {
  await bench();
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n${USAGE}` : error);
  process.exitCode = 2;
}

async function bench(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), {
    scenarios: scenarios.map(({ name }) => name),
    out: resolve(import.meta.dirname, '../results'),
  });
  const { extent, rounds } = options;
  const quick = extent === 'quick';
  const begun = performance.now();
  const say = (line: string) => console.error(`[${clock(performance.now() - begun)}] ${line}`);
  const cores = findCores();
  mkdirSync(options.out, { recursive: true });
  if (cores.server === undefined) say(NOT_PINNED);
  const results = await run({
    planned: plan(scenarios, options),
    rounds,
    surroundings: { cores, effort: quick ? QUICK_EFFORT : EFFORT },
    openFiles: openFileLimit(),
    missing: missingTargets(),
    profiles: options.profile ? options.out : undefined,
    say,
  });
  const outcomes = goals
    .map((goal) => judge(goal, results))
    .filter(({ verdict }) => verdict !== 'not measured');
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores };
  const caption = `${machine.cpu}, Node ${machine.node}, ${quick ? 'quick, ' : ''}${options.profile ? 'profiled, ' : ''}medians`;
  console.log(`\n${resultTables(results)}`);
  if (outcomes.length > 0) console.log(`\n${goalTable(outcomes)}`);
  console.log(`\n${caption}${cores.server === undefined ? `; ${NOT_PINNED}` : ''}`);
  const failures = results.flatMap(({ name, failures }) => failures.map((failure) => `${name}, ${failure}`));
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
  const report = { date: new Date().toISOString(), machine, extent, rounds, outcomes, results };
  writeFileSync(join(options.out, 'results.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(options.out, 'results.svg'), chart(results, caption));
  writeFileSync(join(options.out, 'results.md'), markdown(results, outcomes));
  console.log(
    `${options.out}: results.json, results.svg, results.md${options.profile ? ', *.cpuprofile' : ''}`,
  );
}

function missingTargets(): Map<TargetName, string> {
  return new Map(hasRedis() ? [] : [['vitalwire-redis', 'there is no Redis 7 or later on the PATH']]);
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
