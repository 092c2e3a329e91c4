import type { Authorize } from '@vitalwire/server';
import type { Person } from '../views.ts';
import type { Diagnosis, Records } from './records.ts';

/** Whether a person may see a diagnosis: their own, or every one for a clinician. */
export function maySee(person: Person, diagnosis: Diagnosis): boolean {
  return person.role === 'clinician' || diagnosis.patientId === person.id;
}

/**
 * Asks the clinic's records who may follow a diagnosis live. Publishing is not for people at all, only for tokens with
 * the scope `broadcast`, and these never reach this function.
 */
export function authorizeByRecords(
  records: Records,
  personOf: (userId: string) => Person | undefined,
): Authorize {
  return ({ userId }, action, diagnosisId) => {
    const person = personOf(userId);
    if (person === undefined || action !== 'subscribe') return 'deny';
    const diagnosis = records.diagnosis(diagnosisId);
    // Only a clinician may learn which ids exist.
    if (diagnosis === undefined) return person.role === 'clinician' ? 'not_found' : 'deny';
    return maySee(person, diagnosis) ? 'allow' : 'deny';
  };
}
