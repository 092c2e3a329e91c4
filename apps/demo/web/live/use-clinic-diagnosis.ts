import type { AnyPublication } from '@vitalwire/client';
import { useDiagnosis } from '@vitalwire/react';
import type { Known } from '../api.ts';
import { useApi } from './api-context.ts';
import { apply } from './diagnosis-state.ts';

/** A diagnosis as the clinic knows it, kept up to date. Everybody on the page who uses it sees the same. */
export function useClinicDiagnosis(diagnosisId: number) {
  const { loadSnapshot } = useApi();
  return useDiagnosis(diagnosisId, { loadSnapshot, reduce });
}

function reduce(known: Known, publication: AnyPublication): Known {
  return known.diagnosis ? { diagnosis: apply(known.diagnosis, publication) } : known;
}
