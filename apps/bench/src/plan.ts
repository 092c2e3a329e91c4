import type { BenchOptions } from './options.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { TargetName } from './target-names.ts';

/** A scenario, and with which targets it is run. */
export interface PlannedScenario {
  readonly scenario: Scenario;
  readonly targets: readonly TargetName[];
}

/** What a quick run measures: what the goals need, and Socket.IO to see where a peer stands. */
const QUICK: Readonly<Record<string, readonly TargetName[]>> = {
  'fan-out-1000': ['limit', 'ws-naive', 'vitalwire-memory', 'vitalwire-redis', 'socket.io'],
  'fan-out-5000': ['limit', 'vitalwire-memory'],
  'fan-out-1000-by-8': ['limit', 'ws-naive', 'vitalwire-memory'],
  'topics-1000': ['limit', 'vitalwire-memory'],
  'topics-100': ['limit', 'vitalwire-memory'],
  latency: ['limit', 'vitalwire-memory'],
  'idle-memory': ['limit', 'vitalwire-memory'],
  storm: ['ws-naive', 'vitalwire-sqlite'],
  publish: ['ws-naive', 'vitalwire-sqlite', 'vitalwire-redis'],
  'publish-batch': ['vitalwire-sqlite'],
};

/** Chooses what is run. Targets that were asked for by name are run in every chosen scenario that has them. */
export function plan(
  scenarios: readonly Scenario[],
  { quick, scenarios: names, targets }: Pick<BenchOptions, 'quick' | 'scenarios' | 'targets'>,
): PlannedScenario[] {
  return scenarios
    .filter(({ name }) => names?.includes(name) ?? (!quick || QUICK[name] !== undefined))
    .map((scenario) => ({ scenario, targets: targetsOf(scenario) }))
    .filter((planned) => planned.targets.length > 0);

  function targetsOf({ name, targets: all }: Scenario): readonly TargetName[] {
    if (targets !== undefined) return all.filter((target) => targets.includes(target));
    return (quick ? QUICK[name] : undefined) ?? all;
  }
}
