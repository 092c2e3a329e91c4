import { goals } from './goals.ts';
import type { BenchOptions } from './options.ts';
import type { Scenario } from './scenarios/scenario.ts';
import type { TargetName } from './target-names.ts';

/** A scenario, and with which targets it is run. */
export interface PlannedScenario {
  readonly scenario: Scenario;
  readonly targets: readonly TargetName[];
  /** Of these, the ones that are measured at the same time, in turns; the others have their time alone. */
  readonly compared: readonly TargetName[];
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
    .map((scenario) => {
      const chosen = targetsOf(scenario);
      return { scenario, targets: chosen, compared: comparedOf(scenario, chosen) };
    })
    .filter((planned) => planned.targets.length > 0);

  /** What was asked for by name, or else what the goals compare; all that rest in between keep more turns from them. */
  function comparedOf({ name, baseline }: Scenario, chosen: readonly TargetName[]): readonly TargetName[] {
    if (targets !== undefined) return chosen;
    const needed = neededTargets(name);
    return chosen.filter((target) => needed.has(target) || (needed.size > 0 && target === baseline));
  }

  function targetsOf({ name, targets: all }: Scenario): readonly TargetName[] {
    if (targets !== undefined) return all.filter((target) => targets.includes(target));
    if (extent === 'all') return all;
    const needed = new Set([...neededTargets(name), ...(BESIDES[name] ?? [])]);
    // Asked for by name: no goal needs it, and yet it is to be measured.
    if (needed.size === 0 && names !== undefined) return all;
    return all.filter((target) => needed.has(target));
  }
}

/** What the goals need of a scenario; nothing when no goal is about it. */
function neededTargets(scenario: string): Set<TargetName> {
  const places = goals.flatMap(({ of, over = [], times = [] }) => [of, ...over, ...times]);
  return new Set(places.filter((place) => place.scenario === scenario).map(({ target }) => target));
}
