import { describe, expect, it } from 'vitest';
import { estimate, type Observation, scoreOf } from '../../server/analytics/effectiveness.ts';

const good: Observation = { rating: 5, effectiveness: 1 };
const bad: Observation = { rating: 1, effectiveness: 0 };
const times = (count: number, one: Observation) => Array.from({ length: count }, () => one);

describe('scoreOf', () => {
  it('goes from 0 for the worst report to 1 for the best', () => {
    expect([scoreOf(bad), scoreOf(good)]).toEqual([0, 1]);
  });

  it('lets the felt effect count more than the stars', () => {
    expect(scoreOf({ rating: 1, effectiveness: 1 })).toBeGreaterThan(
      scoreOf({ rating: 5, effectiveness: 0 }),
    );
  });
});

describe('estimate', () => {
  it('knows nothing without reports', () => {
    expect(estimate([])).toEqual({ effectiveness: 0.5, confidence: 0, sampleSize: 0 });
  });

  it('does not make a cure of one enthusiast', () => {
    const { effectiveness } = estimate([good]);
    expect(effectiveness).toBeGreaterThan(0.5);
    expect(effectiveness).toBeLessThan(0.75);
  });

  it('approaches what all reports agree on', () => {
    expect(estimate(times(60, good)).effectiveness).toBeGreaterThan(0.9);
    expect(estimate(times(60, bad)).effectiveness).toBeLessThan(0.1);
  });

  it('grows more confident with every report', () => {
    const confidences = [1, 2, 5, 10, 20].map((count) => estimate(times(count, good)).confidence);
    expect(confidences).toEqual(confidences.toSorted((a, b) => a - b));
    expect(new Set(confidences).size).toBe(confidences.length);
  });

  it('is less confident when reports disagree', () => {
    const mixed = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? good : bad));
    expect(estimate(mixed).confidence).toBeLessThan(estimate(times(10, good)).confidence);
  });

  it('counts recent reports more than old ones', () => {
    const worseLately = estimate([...times(8, good), ...times(4, bad)]);
    const betterLately = estimate([...times(4, bad), ...times(8, good)]);
    expect(worseLately.effectiveness).toBeLessThan(betterLately.effectiveness);
  });

  it('stays within 0 and 1', () => {
    for (const observations of [times(1, bad), times(1, good), times(500, bad), times(500, good)]) {
      const { effectiveness, confidence } = estimate(observations);
      expect(Math.min(effectiveness, confidence)).toBeGreaterThanOrEqual(0);
      expect(Math.max(effectiveness, confidence)).toBeLessThanOrEqual(1);
    }
  });
});
