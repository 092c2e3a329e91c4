import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/verify/histogram.ts';

describe('Histogram', () => {
  it('gives percentiles at most 5 % off, and the maximum exactly', () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 10_000; ms++) histogram.add(ms / 10);
    const { count, p50, p99, max } = histogram.percentiles;
    expect([count, max]).toEqual([10_000, 1_000]);
    expect(Math.abs(p50 - 500) / 500).toBeLessThan(0.05);
    expect(Math.abs(p99 - 990) / 990).toBeLessThan(0.05);
  });

  it('takes anything from nothing to days', () => {
    const histogram = new Histogram();
    for (const ms of [0, 1e-9, 1e12]) histogram.add(ms);
    expect(histogram.percentiles).toMatchObject({ count: 3, max: 1e12 });
    expect(new Histogram().percentiles).toEqual({ count: 0, p50: 0, p99: 0, max: 0 });
  });
});
