import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openClinic, temporaryFolder } from '../support/clinic.ts';

const bad = { rating: 1, effectiveness: 0, comment: '' };
const good = { rating: 5, effectiveness: 0.9, comment: 'Slept through' };

function openInFolder() {
  const folder = temporaryFolder();
  const clinic = openClinic(join(folder.path, 'clinic.db'));
  return {
    ...clinic,
    [Symbol.dispose]: () => {
      clinic[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

describe('Analytics', () => {
  describe('when feedback is taken', () => {
    it('announces the feedback and then the new measurement', () => {
      using clinic = openInFolder();
      const { id } = clinic.analytics.takeFeedback(clinic.diagnosis(102), good);
      const rows = clinic.settleAll();
      expect(rows.map(({ type }) => type)).toEqual(['feedback_update', 'effectiveness_update']);
      expect(rows.map(({ body }) => JSON.parse(body))).toMatchObject([
        { diagnosis_id: 102, feedback_id: id, rating: 5, effectiveness: 0.9, comment: 'Slept through' },
        { diagnosis_id: 102, herb: 'Ginger', sample_size: 9, old_effectiveness: expect.any(Number) },
      ]);
    });

    it('recommends another herb once enough reports say that this one fails', () => {
      using clinic = openInFolder();
      const diagnosis = clinic.diagnosis(101);
      const types: string[] = [];
      while (!types.includes('recommendation_update')) {
        if (types.length > 40) throw new Error('forty publications and still the same herb');
        clinic.analytics.takeFeedback(diagnosis, bad);
        types.push(...clinic.settleAll().map(({ type }) => type));
      }
      expect(types.at(-1)).toBe('recommendation_update');
      expect(clinic.records.current(101)).toMatchObject({ herb: 'Valerian' });
      expect(clinic.records.observations(clinic.records.current(101)?.courseId ?? 0)).toEqual([]);
    });

    it('stores nothing when one part cannot be stored', () => {
      using clinic = openInFolder();
      clinic.database.sql.exec(
        "CREATE TRIGGER full BEFORE INSERT ON measurements BEGIN SELECT raise(ABORT, 'disk is full'); END",
      );
      const before = clinic.records.feedback(102).length;
      expect(() => clinic.analytics.takeFeedback(clinic.diagnosis(102), good)).toThrow('disk is full');
      expect(clinic.outbox.next()).toBeUndefined();
      clinic.settleAll();
      expect(clinic.records.feedback(102)).toHaveLength(before);
    });
  });

  it('simulates exactly three publications, one of each type', () => {
    using clinic = openInFolder();
    for (const form of [good, bad, bad, bad, bad, bad, bad]) {
      clinic.analytics.simulate(clinic.diagnosis(103), form);
      expect(clinic.settleAll().map(({ type }) => type)).toEqual([
        'feedback_update',
        'effectiveness_update',
        'recommendation_update',
      ]);
    }
  });

  it('keeps the herb and its measurements when dosage or frequency is adjusted', () => {
    using clinic = openInFolder();
    const before = clinic.records.current(102);
    const form = { dosage: '300 mg', frequency: 'at noon', reason: 'Better tolerated' };
    clinic.analytics.adjust(clinic.diagnosis(102), form);
    expect(clinic.settleAll().map(({ body }) => JSON.parse(body))).toMatchObject([
      {
        old_data: { dosage: '250 mg' },
        new_data: { herb: 'Ginger', dosage: '300 mg' },
        reason: 'Better tolerated',
      },
    ]);
    expect(clinic.records.current(102)).toMatchObject({
      courseId: before?.courseId,
      herb: 'Ginger',
      ...form,
    });
  });
});
