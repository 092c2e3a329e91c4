import { describe, expect, it } from 'vitest';
import { goals } from '../src/goals.ts';
import { plan } from '../src/plan.ts';
import { scenarios } from '../src/scenarios/index.ts';

const nothing = { extent: 'all', scenarios: undefined, targets: undefined } as const;
const names = (planned: ReturnType<typeof plan>) => planned.map(({ scenario }) => scenario.name);

describe('plan', () => {
  it('measures everything with every target unless told otherwise', () => {
    const planned = plan(scenarios, nothing);
    expect(planned.map(({ scenario }) => scenario)).toEqual(scenarios);
    for (const { scenario, targets } of planned) expect(targets).toEqual(scenario.targets);
  });

  it.each(['goals', 'quick'] as const)(
    'measures for %s what the goals need, and only what the scenarios know',
    (extent) => {
      const planned = plan(scenarios, { ...nothing, extent });
      for (const { of, over = [], times = [] } of goals) {
        for (const { scenario, target } of [of, ...over, ...times]) {
          const found = planned.find(({ scenario: { name } }) => name === scenario);
          expect(found?.targets, scenario).toContain(target);
        }
      }
      for (const { scenario, targets } of planned) {
        expect(scenario.targets).toEqual(expect.arrayContaining([...targets]));
      }
      expect(names(planned)).not.toContain('fan-out-100');
    },
  );

  it.each(['all', 'goals', 'quick'] as const)('measures what was asked for by name, with %s', (extent) => {
    const asked = { scenarios: ['storm', 'fan-out-100'], targets: ['limit', 'socket.io'] } as const;
    const planned = plan(scenarios, { extent, ...asked });
    expect(names(planned)).toEqual(['fan-out-100', 'storm']);
    expect(planned.map(({ targets }) => targets)).toEqual([['limit', 'socket.io'], ['socket.io']]);
    const byScenario = plan(scenarios, { ...nothing, extent, scenarios: ['fan-out-100'] });
    expect(names(byScenario)).toEqual(['fan-out-100']);
  });

  it('compares what the goals compare, with the baseline, and whatever was asked for by name', () => {
    const compared = (options: Partial<Parameters<typeof plan>[1]>, name: string) =>
      plan(scenarios, { ...nothing, ...options }).find(({ scenario }) => scenario.name === name)?.compared;
    expect(compared({}, 'fan-out-1000')).toEqual(['limit', 'vitalwire-memory', 'vitalwire-redis']);
    expect(compared({}, 'fan-out-1000-by-8')).toEqual(['limit', 'ws-naive', 'vitalwire-memory']);
    expect(compared({}, 'fan-out-100')).toEqual([]);
    expect(compared({ targets: ['limit', 'trpc'] }, 'fan-out-100')).toEqual(['limit', 'trpc']);
  });

  it('leaves out a scenario that has none of the targets', () => {
    expect(names(plan(scenarios, { ...nothing, targets: ['limit'] }))).not.toContain('storm');
  });
});
