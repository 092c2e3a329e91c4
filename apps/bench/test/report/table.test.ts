import { describe, expect, it } from 'vitest';
import { formatNumber } from '../../src/report/format-number.ts';
import { alignRows, goalTable, resultTables } from '../../src/report/table.ts';
import type { ScenarioResult } from '../../src/results.ts';

describe('formatNumber', () => {
  it.each([
    [4.4187, '4.42'],
    [0.11949, '0.119'],
    [61, '61.0'],
    [99.96, '100'],
    [25_341, '25,300'],
    [1_661_111, '1,660,000'],
    [0, '0'],
    [Number.NaN, '–'],
  ])('writes %d as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

describe('alignRows', () => {
  it('aligns names to the left and numbers to the right', () => {
    expect(
      alignRows([
        ['', 'µs'],
        ['limit', '4.42'],
        ['ws', '14.4'],
      ]),
    ).toEqual(['         µs', 'limit  4.42', 'ws     14.4']);
  });
});

describe('resultTables', () => {
  const fan: ScenarioResult = {
    name: 'fan-out',
    title: 'to many',
    figures: [{ name: 'cpu', title: 'CPU', unit: 'µs' }],
    baseline: 'limit',
    measurements: {
      limit: [
        { figures: { cpu: 4 }, busy: 0.5 },
        { figures: { cpu: 2 }, busy: 0.99 },
      ],
      'ws-naive': [
        { figures: { cpu: 6 }, busy: 0.5 },
        { figures: { cpu: 5 }, busy: 0.5 },
      ],
    },
    notes: ['a target was left out'],
    failures: [],
  };

  it('shows median, extremes and ratios, and marks a load generator that was the bottleneck', () => {
    expect(resultTables([fan]).split('\n')).toEqual([
      'fan-out: to many (2 rounds)',
      '                    CPU (µs)           × limit             load',
      '  limit     3.00 (2.00–4.00)              1.00  75 % bottleneck',
      '  ws-naive  5.50 (5.00–6.00)  2.00 (1.50–2.50)             50 %',
      '  a target was left out',
    ]);
  });

  it('says why a scenario has no results', () => {
    expect(resultTables([{ ...fan, measurements: {}, notes: ['not run'] }])).toBe(
      'fan-out: to many\n  not run',
    );
  });
});

describe('goalTable', () => {
  it('has goal and result side by side', () => {
    const of = { scenario: 'fan', target: 'limit', figure: 'cpu' } as const;
    const table = goalTable([
      {
        goal: { title: 'one', of, atMost: 1.05, unit: '×' },
        summary: { median: 1, min: 0.9, max: 1.1 },
        verdict: 'met',
      },
      {
        goal: { title: 'another', of, atLeast: 25_000, unit: '/s' },
        summary: undefined,
        verdict: 'not measured',
      },
    ]);
    expect(table.split('\n')).toEqual([
      '                goal               result       verdict',
      'one         ≤ 1.05 ×  1.00 (0.900–1.10) ×           met',
      'another  ≥ 25,000 /s                       not measured',
    ]);
  });
});
