import type { Publication } from '@vitalwire/client';
import { describe, expect, it } from 'vitest';
import type { DiagnosisState, Recommendation } from '../../server/views.ts';
import { apply, changedFields, currentOf } from '../../web/live/diagnosis-state.ts';

const at = '2026-01-01T08:00:00.000Z';
const chamomile: Recommendation = {
  herb: 'Chamomile',
  preparation: 'Infusion',
  dosage: '3 g',
  frequency: 'in the evening',
  reason: 'First choice',
  at,
};
const diagnosis: DiagnosisState = {
  id: 101,
  title: 'Difficulty falling asleep',
  patientId: 'amara',
  patientName: 'Amara',
  about: '',
  failingBelow: 0.45,
  recommendations: [chamomile],
  feedback: [{ id: 1, rating: 4, effectiveness: 0.6, comment: '', at }],
  measurements: [{ courseId: 1, herb: 'Chamomile', effectiveness: 0.6, confidence: 0.3, sampleSize: 1, at }],
};

const place = { diagnosis_id: 101, timestamp: at, epoch: 'e', recovered: false };

function feedback(offset: number, id: number): Publication<'feedback_update'> {
  return {
    ...place,
    offset,
    type: 'feedback_update',
    data: { feedback_id: id, rating: 2, effectiveness: 0.2 },
  };
}

describe('apply', () => {
  it('adds feedback', () => {
    expect(apply(diagnosis, feedback(6, 2)).feedback.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('shows a feedback once, whatever brought it', () => {
    expect(apply(diagnosis, feedback(6, 1)).feedback).toMatchObject([{ id: 1, rating: 2 }]);
  });

  it('adds a measurement of the current herb when none is named', () => {
    const data = { recommendation_id: 1, new_effectiveness: 0.5, confidence: 0.4, sample_size: 2 };
    const { measurements } = apply(diagnosis, { ...place, offset: 6, type: 'effectiveness_update', data });
    expect(measurements.at(-1)).toMatchObject({ herb: 'Chamomile', effectiveness: 0.5, sampleSize: 2 });
  });

  it('replaces the recommendation, also by one without a preparation', () => {
    const old_recommendation = { herb: 'Chamomile', dosage: '3 g', frequency: 'in the evening' };
    const data = {
      old_recommendation,
      new_recommendation: { ...old_recommendation, herb: 'Valerian' },
      reason: 'Did not help',
      changed_fields: ['herb'],
    };
    const after = apply(diagnosis, { ...place, offset: 6, type: 'recommendation_update', data });
    expect(currentOf(after)).toMatchObject({ herb: 'Valerian', preparation: '', reason: 'Did not help' });
  });
});

describe('changedFields', () => {
  it('names the fields of the remedy that differ, and no others', () => {
    const after = { ...chamomile, dosage: '4 g', reason: 'More of it', at: '2026-02-01T08:00:00.000Z' };
    expect([...changedFields(chamomile, after)]).toEqual(['dosage']);
  });
});
