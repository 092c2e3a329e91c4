import { describe, expect, it } from 'vitest';
import { markdown } from '../../src/report/markdown.ts';
import type { ScenarioResult } from '../../src/results.ts';

const measured = (...values: number[]) => values.map((cpu) => ({ figures: { cpu }, busy: 0 }));

const fan: ScenarioResult = {
  name: 'fan-out',
  title: '',
  figures: [{ name: 'cpu', title: 'CPU', unit: 'µs' }],
  baseline: 'limit',
  measurements: { limit: measured(2, 4, 3), trpc: measured(6, 8, 6) },
  notes: [],
  failures: [],
};

describe('markdown', () => {
  it('puts scenarios of one figure beside each other, and the others into tables of their own', () => {
    const topics = { ...fan, name: 'topics', measurements: { limit: measured(5) } };
    const storm = { ...fan, name: 'storm', figures: [{ name: 'cpu', title: 'time', unit: 's' }] };
    const of = { scenario: 'fan-out', target: 'limit', figure: 'cpu' } as const;
    const goal = { title: 'the goal', of, atMost: 4, unit: 'µs' };
    const text = markdown(
      [fan, topics, storm],
      [{ goal, summary: { median: 3, min: 2, max: 4 }, verdict: 'met' }],
    );
    expect(text.split('\n\n')).toEqual([
      [
        '|  | goal | result | verdict |',
        '| --- | --- | --- | --- |',
        '| the goal | ≤ 4.00 µs | 3.00 (2.00–4.00) µs | met |',
      ].join('\n'),
      [
        '| CPU, µs (× limit) | fan-out | topics |',
        '| --- | --- | --- |',
        '| limit | 3.00 (1.00) | 5.00 (1.00) |',
        '| trpc | 6.00 (2.00) |  |',
      ].join('\n'),
      [
        '| time, s (× limit) | storm |',
        '| --- | --- |',
        '| limit | 3.00 (1.00) |',
        '| trpc | 6.00 (2.00) |\n',
      ].join('\n'),
    ]);
  });

  it('leaves out what was not run', () => {
    expect(markdown([{ ...fan, measurements: {} }], [])).not.toContain('fan-out');
  });
});
