import { describe, expect, it } from 'vitest';
import { plan } from '../src/plan.ts';
import { scenarios } from '../src/scenarios/index.ts';

const nothing = { quick: false, scenarios: undefined, targets: undefined };
const names = (planned: ReturnType<typeof plan>) => planned.map(({ scenario }) => scenario.name);

describe('plan', () => {
  it('measures everything with every target unless told otherwise', () => {
    const planned = plan(scenarios, nothing);
    expect(planned.map(({ scenario }) => scenario)).toEqual(scenarios);
    for (const { scenario, targets } of planned) expect(targets).toEqual(scenario.targets);
  });

  it('measures less when it has to be quick, and only what the scenarios know', () => {
    const planned = plan(scenarios, { ...nothing, quick: true });
    expect(planned.length).toBeGreaterThan(5);
    for (const { scenario, targets } of planned) {
      expect(scenario.targets).toEqual(expect.arrayContaining([...targets]));
    }
  });

  it('measures what was asked for by name, quick or not', () => {
    const asked = { scenarios: ['storm', 'fan-out-100'], targets: ['limit', 'socket.io'] } as const;
    for (const quick of [true, false]) {
      const planned = plan(scenarios, { quick, ...asked });
      expect(names(planned)).toEqual(['fan-out-100', 'storm']);
      expect(planned.map(({ targets }) => targets)).toEqual([['limit', 'socket.io'], ['socket.io']]);
    }
  });

  it('leaves out a scenario that has none of the targets', () => {
    expect(names(plan(scenarios, { ...nothing, targets: ['limit'] }))).not.toContain('storm');
  });
});
