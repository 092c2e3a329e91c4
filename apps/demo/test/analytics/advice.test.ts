import { describe, expect, it } from 'vitest';
import { isFailing, nextHerb } from '../../server/analytics/advice.ts';
import { FORMULARY } from '../../server/clinic/formulary.ts';

describe('isFailing', () => {
  it('needs enough reports', () => {
    expect(isFailing({ effectiveness: 0.1, confidence: 0.5, sampleSize: 4 })).toBe(false);
    expect(isFailing({ effectiveness: 0.1, confidence: 0.5, sampleSize: 5 })).toBe(true);
  });

  it('needs an effectiveness below the threshold', () => {
    expect(isFailing({ effectiveness: 0.45, confidence: 0.9, sampleSize: 40 })).toBe(false);
    expect(isFailing({ effectiveness: 0.449, confidence: 0.9, sampleSize: 40 })).toBe(true);
  });
});

describe('nextHerb', () => {
  const formulary = FORMULARY.headache;
  const [first, second, third] = formulary.map(({ herb }) => herb);

  it('takes the first herb that was not tried', () => {
    expect(nextHerb(formulary, first ?? '', new Map([[first ?? '', 0.3]]))?.herb).toBe(second);
  });

  it('takes the best other herb when all were tried', () => {
    const tried = new Map([
      [first ?? '', 0.5],
      [second ?? '', 0.6],
      [third ?? '', 0.2],
    ]);
    expect(nextHerb(formulary, third ?? '', tried)?.herb).toBe(second);
  });

  it('keeps the current herb when no other did better', () => {
    const tried = new Map(formulary.map(({ herb }) => [herb, herb === first ? 0.4 : 0.3]));
    expect(nextHerb(formulary, first ?? '', tried)).toBeUndefined();
  });
});
