import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectivenessUpdate } from '../../src/index.ts';
import { describeSchema, without } from '../support/describe-schema.ts';

const body = { recommendation_id: 7, new_effectiveness: 0.82, confidence: 0.9, sample_size: 41 };

const examples = {
  accepts: {
    'the required fields': body,
    'all fields of the publisher': { ...body, herb: 'Valerian', old_effectiveness: 0.74 },
    'both ends of the shares': { ...body, new_effectiveness: 0, confidence: 1 },
    'no observations': { ...body, sample_size: 0 },
    'a text as id': { ...body, recommendation_id: 'rec-7' },
  },
  rejects: {
    'effectiveness 1.2': [{ ...body, new_effectiveness: 1.2 }, 'new_effectiveness'],
    'effectiveness -0.1': [{ ...body, new_effectiveness: -0.1 }, 'new_effectiveness'],
    'effectiveness "0.8"': [{ ...body, new_effectiveness: '0.8' }, 'new_effectiveness'],
    'effectiveness 1e400': [{ ...body, new_effectiveness: JSON.parse('1e400') }, 'new_effectiveness'],
    'a missing effectiveness': [without(body, 'new_effectiveness'), 'new_effectiveness'],
    'confidence 1.01': [{ ...body, confidence: 1.01 }, 'confidence'],
    'a missing confidence': [without(body, 'confidence'), 'confidence'],
    'half an observation': [{ ...body, sample_size: 0.5 }, 'sample_size'],
    'sample size -1': [{ ...body, sample_size: -1 }, 'sample_size'],
    'a missing sample size': [without(body, 'sample_size'), 'sample_size'],
    'a missing recommendation': [without(body, 'recommendation_id'), 'recommendation_id'],
    'an empty herb': [{ ...body, herb: '' }, 'herb'],
    'old effectiveness 2': [{ ...body, old_effectiveness: 2 }, 'old_effectiveness'],
    'null instead of an absent field': [{ ...body, old_effectiveness: null }, 'old_effectiveness'],
  },
} as const;

describeSchema('effectiveness_update, published', effectivenessUpdate.publish.body, examples);

describeSchema('effectiveness_update, on the wire', effectivenessUpdate.data, {
  accepts: {
    ...examples.accepts,
    'an improvement': { ...body, old_effectiveness: 0.74, improvement: 0.08 },
    'the worst improvement': { ...body, improvement: -1 },
  },
  rejects: { ...examples.rejects, 'improvement 1.5': [{ ...body, improvement: 1.5 }, 'improvement'] },
});

describe('improvement', () => {
  const { toData } = effectivenessUpdate.publish;

  it('is absent when the old effectiveness is', () => {
    expect(toData(body)).toEqual(body);
    expect('improvement' in toData(body)).toBe(false);
  });

  it('is present when the old effectiveness is 0', () => {
    expect(toData({ ...body, old_effectiveness: 0 }).improvement).toBe(0.82);
  });

  it.each([
    [0.82, 0.74, 0.08],
    [0.3, 0.1, 0.2],
    [0.1, 0.3, -0.2],
    [0, 1, -1],
    [1, 0, 1],
  ])('is %d − %d = %d, without binary rounding', (now, before, improvement) => {
    expect(toData({ ...body, new_effectiveness: now, old_effectiveness: before }).improvement).toBe(
      improvement,
    );
  });

  it('is 0, not -0, when nothing or next to nothing changed', () => {
    expect(toData({ ...body, new_effectiveness: 0.5, old_effectiveness: 0.5 }).improvement).toBe(0);
    expect(toData({ ...body, new_effectiveness: 0.5, old_effectiveness: 0.5 + 1e-15 }).improvement).toBe(0);
  });

  it('is the difference, in bounds, with the sign turned when the two change places', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, (now, before) => {
        const there =
          toData({ ...body, new_effectiveness: now, old_effectiveness: before }).improvement ?? Number.NaN;
        const back =
          toData({ ...body, new_effectiveness: before, old_effectiveness: now }).improvement ?? Number.NaN;
        expect(there).toBeCloseTo(now - before, 11);
        expect(there + back).toBe(0);
        expect(Math.abs(there)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
