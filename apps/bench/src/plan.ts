import { goals } from './goals.ts';
import type { BenchOptions } from './options.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { TargetName } from './target-names.ts';

/** A scenario, and with which targets it is run. */
export interface PlannedScenario {
  readonly scenario: Scenario;
  readonly targets: readonly TargetName[];
}

/** What goals and quick runs measure besides, to see where a peer and the limit stand. */
const BESIDES: Readonly<Record<string, readonly TargetName[]>> = {
  'fan-out-1000': ['ws-naive', 'socket.io'],
  'fan-out-1000-by-8': ['limit'],
  'idle-memory': ['limit'],
};

/** Chooses what is run. Targets that were asked for by name are run in every chosen scenario that has them. */
export function plan(
  scenarios: readonly Scenario[],
  { extent, scenarios: names, targets }: Pick<BenchOptions, 'extent' | 'scenarios' | 'targets'>,
): PlannedScenario[] {
  return scenarios
    .filter(({ name }) => names?.includes(name) ?? true)
    .map((scenario) => ({ scenario, targets: targetsOf(scenario) }))
    .filter((planned) => planned.targets.length > 0);

  function targetsOf({ name, targets: all }: Scenario): readonly TargetName[] {
    if (targets !== undefined) return all.filter((target) => targets.includes(target));
    if (extent === 'all') return all;
    const needed = neededTargets(name);
    // Asked for by name: no goal needs it, and yet it is to be measured.
    if (needed.size === 0 && names !== undefined) return all;
    return all.filter((target) => needed.has(target));
  }
}

/** What the goals need of a scenario, and what stands beside it; nothing when no goal is about it. */
function neededTargets(scenario: string): Set<TargetName> {
  const places = goals.flatMap(({ of, over = [], times = [] }) => [of, ...over, ...times]);
  const needed = places.filter((place) => place.scenario === scenario).map(({ target }) => target);
  return new Set(needed.length > 0 ? [...needed, ...(BESIDES[scenario] ?? [])] : []);
}
