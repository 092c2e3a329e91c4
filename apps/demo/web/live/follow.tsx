import { useUpdates } from '@vitalwire/react';
import { type Dispatch, useEffect } from 'react';
import { useClinicDiagnosis } from './use-clinic-diagnosis.ts';
import type { VisitEvent } from './visit.ts';

interface FollowProps {
  readonly diagnosisId: number;
  readonly onEvent: Dispatch<VisitEvent>;
}

/**
 * Follows a diagnosis as long as the page is open, and tells what arrives. It goes on from the position that this tab holds,
 * so that it tells of what was missed as well, while the state of the diagnosis begins with a snapshot that contains it.
 */
export function Follow({ diagnosisId, onEvent }: FollowProps) {
  useUpdates(diagnosisId, 'publication', (publication) => onEvent({ type: 'arrived', publication }), {
    onGap: (gap) => onEvent({ type: 'gap', gap }),
  });
  const { state } = useClinicDiagnosis(diagnosisId);
  useEffect(() => onEvent({ type: 'state', diagnosisId, state }), [diagnosisId, state, onEvent]);
  return null;
}
