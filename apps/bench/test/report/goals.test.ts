import { describe, expect, it } from 'vitest';
import { type Goal, judge } from '../../src/report/goals.ts';
import type { ScenarioResult } from '../../src/results.ts';

function result(values: { limit?: number[]; 'vitalwire-memory'?: number[] }): ScenarioResult {
  const measurements = Object.fromEntries(
    Object.entries(values).map(([target, list]) => [
      target,
      list.map((cpu) => ({ figures: { cpu }, busy: 0 })),
    ]),
  );
  return { name: 'fan', title: '', figures: [], baseline: 'limit', measurements, notes: [], failures: [] };
}

const of = { scenario: 'fan', target: 'vitalwire-memory', figure: 'cpu' } as const;
const over = { ...of, target: 'limit' } as const;

describe('judge', () => {
  const goal: Goal = { title: '', of, over: [over], atMost: 1.5, unit: '×' };

  it('compares each round with the limit of the same round', () => {
    const results = [result({ limit: [1, 2, 4], 'vitalwire-memory': [1, 2, 8] })];
    expect(judge(goal, results)).toEqual({ goal, verdict: 'met', summary: { median: 1, min: 1, max: 2 } });
  });

  it('misses when no round met the goal, and is unclear when one did', () => {
    expect(judge(goal, [result({ limit: [1, 1], 'vitalwire-memory': [1.6, 1.7] })]).verdict).toBe('missed');
    expect(judge(goal, [result({ limit: [1, 1], 'vitalwire-memory': [1.4, 1.7] })]).verdict).toBe('unclear');
  });

  it('knows goals that ask for more instead of less', () => {
    const fast: Goal = { title: '', of, atLeast: 100, unit: '/s' };
    expect(judge(fast, [result({ 'vitalwire-memory': [99, 120, 130] })]).verdict).toBe('met');
    expect(judge(fast, [result({ 'vitalwire-memory': [90] })]).verdict).toBe('missed');
  });

  it('compares one growth with another', () => {
    const small = { ...of, scenario: 'small' };
    const smallOver = { ...over, scenario: 'small' };
    const growth: Goal = { title: '', of, over: [small, over], times: [smallOver], atMost: 1, unit: '×' };
    const results = [
      result({ limit: [6], 'vitalwire-memory': [9] }),
      { ...result({ limit: [3], 'vitalwire-memory': [3] }), name: 'small' },
    ];
    // It grew by 3, the limit by 2.
    expect(judge(growth, results)).toMatchObject({ verdict: 'missed', summary: { median: 1.5 } });
  });

  it('does not judge what was not measured', () => {
    expect(judge(goal, []).verdict).toBe('not measured');
    expect(judge(goal, [result({ 'vitalwire-memory': [1] })]).verdict).toBe('not measured');
    expect(judge(goal, [result({ limit: [1] })]).verdict).toBe('not measured');
  });
});
