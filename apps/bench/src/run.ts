import { join } from 'node:path';
import type { PlannedScenario } from './plan.ts';
import { formatNumber } from './report/format-number.ts';
import type { Measurement, ScenarioResult } from './results.ts';
import type { Surroundings } from './scenarios/scenario.ts';
import { takeTurns } from './take-turns.ts';
import type { TargetName } from './target-names.ts';

/** What is measured, how often, and who hears how it goes on. */
export interface RunOptions {
  readonly planned: readonly PlannedScenario[];
  readonly rounds: number;
  readonly surroundings: Surroundings;
  /** Open files that a process may have. */
  readonly openFiles: number;
  /** Targets that cannot be started here, and why not. */
  readonly missing: ReadonlyMap<TargetName, string>;
  /** The folder for profiles of the servers, when they are wanted. */
  readonly profiles: string | undefined;
  readonly say: (line: string) => void;
}

/** Files that a process has open besides its connections. */
const OTHER_FILES = 200;

/**
 * Measures every scenario with all its targets. In each round every target is measured, every other round in reverse
 * order. Those that are compared have their turns one after another, so that what changes on the machine in the meantime
 * comes upon all of them.
 */
export async function run(options: RunOptions): Promise<ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  for (const planned of options.planned) results.push(await runScenario(planned, options));
  return results;
}

async function runScenario(planned: PlannedScenario, options: RunOptions): Promise<ScenarioResult> {
  const { scenario } = planned;
  const { surroundings, openFiles, say } = options;
  const { slowRounds } = surroundings.effort;
  const rounds = scenario.slow ? Math.min(options.rounds, slowRounds) : options.rounds;
  const { name, title, figures, baseline } = scenario;
  const described = { name, title, figures, baseline };
  const needed = scenario.connections + OTHER_FILES;
  if (needed > openFiles) {
    const note = `not run: it needs ${needed} open files a process, and the limit is ${openFiles}; raise it with 'ulimit -n ${needed}'`;
    say(`${name}: ${note}`);
    return { ...described, measurements: {}, notes: [note], failures: [] };
  }
  const note = scenario.note?.(surroundings.effort);
  const notes = [
    ...(note === undefined ? [] : [note]),
    ...planned.targets.flatMap((target) => {
      const reason = options.missing.get(target);
      return reason === undefined ? [] : [`${target} was left out: ${reason}`];
    }),
  ];
  const targets = planned.targets.filter((target) => !options.missing.has(target));
  const failures: string[] = [];
  const measurements: Partial<Record<TargetName, Measurement[]>> = {};
  const start = (target: TargetName) => {
    const profile = options.profiles && join(options.profiles, `${name}-${target}.cpuprofile`);
    return scenario.measure(target, { ...surroundings, ...(profile && { profile }) });
  };
  for (let round = 1; round <= rounds; round++) {
    for (const group of groupsOf(round % 2 === 1 ? targets : targets.toReversed(), planned.compared)) {
      const started = group.map((target) => [target, start(target)] as const);
      await takeTurns(started, {
        measured: (target, measurement) => {
          measurements[target] = [...(measurements[target] ?? []), measurement];
          const values = figures.map(
            (figure) => `${formatNumber(measurement.figures[figure.name] ?? 0)} ${figure.unit}`,
          );
          say(`${name}, round ${round} of ${rounds}: ${target} ${values.join(', ')}`);
        },
        failed: (target, error) => {
          const failure = `${target}, round ${round}: ${error instanceof Error ? error.message : error}`;
          failures.push(failure);
          say(`${name}: FAILED: ${failure}`);
        },
      });
    }
  }
  // In the order of the scenario, whoever was first in the last round.
  const ordered = Object.fromEntries(
    targets.flatMap((target) => (measurements[target] ? [[target, measurements[target]]] : [])),
  );
  return { ...described, measurements: ordered, notes, failures };
}

/** Those that are compared together, the others one by one. */
function groupsOf(targets: readonly TargetName[], compared: readonly TargetName[]): TargetName[][] {
  const together = targets.filter((target) => compared.includes(target));
  const alone = targets.filter((target) => !compared.includes(target));
  return [together, ...alone.map((target) => [target])];
}
