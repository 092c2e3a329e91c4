import { type AnyPublication, ClientError, type Snapshot, type SnapshotRequest } from '@vitalwire/client';
import { useDiagnosis } from '@vitalwire/react';

interface Treatment {
  readonly herb: string;
  readonly ratings: readonly number[];
}

/** Your backend answers `{state, position}`: the state, and the position up to which it contains everything. */
async function loadSnapshot({ diagnosisId, signal }: SnapshotRequest): Promise<Snapshot<Treatment>> {
  const response = await fetch(`http://127.0.0.1:3000/diagnoses/${diagnosisId}`, { signal });
  // It is of no use to ask again: the hook's `error` says so.
  if (response.status === 403) throw new ClientError('access_denied', 'this diagnosis is somebody else’s');
  if (!response.ok) throw new Error(`the backend answered ${response.status}`);
  return (await response.json()) as Snapshot<Treatment>;
}

/** The treatment after one more publication. */
function reduce(treatment: Treatment, publication: AnyPublication): Treatment {
  switch (publication.type) {
    case 'recommendation_update':
      return { ...treatment, herb: publication.data.new_recommendation.herb };
    case 'feedback_update':
      return { ...treatment, ratings: [...treatment.ratings, publication.data.rating] };
    default:
      return treatment;
  }
}

/** One hook of your own for the whole page: everybody who uses it sees the same state. */
const useTreatment = (id: number) => useDiagnosis(id, { loadSnapshot, reduce });

export function TreatmentCard({ id }: { id: number }) {
  const { data: treatment, error } = useTreatment(id);
  if (error) throw error;
  if (!treatment) return <p>Loading …</p>;
  return (
    <p>
      {treatment.herb}, rated {treatment.ratings.join(', ')}
    </p>
  );
}
