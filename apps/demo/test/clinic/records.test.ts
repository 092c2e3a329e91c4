import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openClinicDatabase } from '../../server/clinic/database.ts';
import { openClinic, temporaryFolder } from '../support/clinic.ts';

const form = { rating: 4, effectiveness: 0.7, comment: 'A good week' };

describe('records', () => {
  it('keep everything over a restart, and the seed is sown once', () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'clinic.db');
    const before = openClinic(path);
    before.analytics.takeFeedback(before.diagnosis(101), form);
    before.settleAll();
    const remembered = [
      before.records.feedback(101),
      before.records.measurements(101),
      before.records.diagnoses(),
    ];
    before.database.close();

    using after = openClinic(path);
    expect([after.records.feedback(101), after.records.measurements(101), after.records.diagnoses()]).toEqual(
      remembered,
    );
    expect(after.records.feedback(101).at(-1)).toMatchObject(form);
  });

  it('show what is published, together with its position', () => {
    using folder = temporaryFolder();
    using clinic = openClinic(join(folder.path, 'clinic.db'));
    const before = clinic.records.feedback(101).length;
    clinic.analytics.takeFeedback(clinic.diagnosis(101), form);
    expect(clinic.records.feedback(101)).toHaveLength(before);
    expect([clinic.records.position(101), clinic.records.isPublishing(101)]).toEqual([undefined, true]);
    clinic.settleAll('epoch');
    expect(clinic.records.feedback(101)).toHaveLength(before + 1);
    expect(clinic.records.position(101)).toEqual({ epoch: 'epoch', offset: 2 });
    expect([clinic.records.isPublishing(101), clinic.records.isPublishing(102)]).toEqual([false, false]);
  });

  it('show the whole course of treatment, the oldest first', () => {
    using folder = temporaryFolder();
    using clinic = openClinic(join(folder.path, 'clinic.db'));
    expect(clinic.records.recommendations(101).map(({ herb }) => herb)).toEqual(['Lemon balm', 'Chamomile']);
    const days = clinic.records.measurements(101).map(({ at }) => at);
    expect(days).toEqual(days.toSorted());
    expect(days.at(-1)?.localeCompare(new Date().toISOString())).toBe(-1);
  });
});

describe('openClinicDatabase', () => {
  it('keeps the file from other users of the machine', () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'clinic.db');
    openClinicDatabase(path).close();
    expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('stores all of a transaction or nothing', () => {
    using folder = temporaryFolder();
    using clinic = openClinic(join(folder.path, 'clinic.db'));
    const { database, outbox } = clinic;
    const body = { feedback_id: 1, rating: 5, effectiveness: 1 };
    expect(() =>
      database.transaction(() => {
        database.transaction(() => outbox.add('feedback_update', 101, body));
        throw new Error('and then it failed');
      }),
    ).toThrow('and then it failed');
    expect(outbox.next()).toBeUndefined();
  });
});
