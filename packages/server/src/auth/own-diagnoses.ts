import type { Authorize } from './principal.ts';

/**
 * Ownership by the token's claim `diagnoses`: a list of diagnosis ids, as numbers. Anything else in the claim, such as
 * ids written as text, gives no access.
 */
export const ownDiagnoses: Authorize = ({ claims }, _action, diagnosisId) => {
  const { diagnoses } = claims;
  return Array.isArray(diagnoses) && diagnoses.includes(diagnosisId);
};
