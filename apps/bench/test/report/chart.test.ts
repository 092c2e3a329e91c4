import { describe, expect, it } from 'vitest';
import { chart } from '../../src/report/chart.ts';
import type { ScenarioResult } from '../../src/results.ts';

const measured = (...values: number[]) => values.map((cpu) => ({ figures: { cpu }, busy: 0 }));

const fan: ScenarioResult = {
  name: 'fan-out',
  title: 'to "many" & more',
  figures: [{ name: 'cpu', title: 'CPU', unit: 'µs' }],
  baseline: 'limit',
  measurements: { limit: measured(2, 4, 3), 'vitalwire-memory': measured(6) },
  notes: [],
  failures: [],
};

describe('chart', () => {
  it('draws a bar for each target, as long as its median is great', () => {
    const widths = [...chart([fan], '').matchAll(/width="([\d.]+)" height="18"/g)].map(([, width]) =>
      Number(width),
    );
    expect(widths).toHaveLength(2);
    expect(widths[1]).toBe(2 * (widths[0] ?? 0));
  });

  it('draws a line from the least to the greatest value', () => {
    const [, from = '', to = ''] = /<line x1="([\d.]+)" x2="([\d.]+)"/.exec(chart([fan], '')) ?? [];
    expect((Number(to) - 150) / (Number(from) - 150)).toBe(2);
  });

  it('writes no text as markup', () => {
    const svg = chart([fan], 'a < b');
    expect(svg).toContain('to &#34;many&#34; &#38; more');
    expect(svg).toContain('a &#60; b');
  });

  it('leaves out what was not run', () => {
    expect(chart([{ ...fan, measurements: {}, notes: ['not run'] }], '')).not.toContain('many');
  });
});
