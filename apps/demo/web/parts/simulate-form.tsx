import { useState } from 'react';
import { useApi } from '../live/api-context.ts';

/** Lets the clinic's backend publish, also while this page is away. */
export function SimulateForm({ diagnosisIds }: { diagnosisIds: readonly number[] }) {
  const api = useApi();
  const [chosen, setChosen] = useState<number>();
  const [outcome, setOutcome] = useState('');
  const diagnosisId = chosen ?? diagnosisIds[0] ?? 0;

  const simulate = () => {
    api.simulate(diagnosisId).then(
      () => setOutcome(`Published three messages in no. ${diagnosisId}.`),
      (error: Error) => setOutcome(`Not published: ${error.message}`),
    );
  };
  return (
    <div className="simulate">
      <div className="button-row">
        {diagnosisIds.length > 1 && (
          <select
            aria-label="Diagnosis"
            data-testid="simulate-diagnosis"
            value={diagnosisId}
            onChange={(event) => setChosen(Number(event.target.value))}
          >
            {diagnosisIds.map((id) => (
              <option key={id} value={id}>
                No. {id}
              </option>
            ))}
          </select>
        )}
        <button
          type="button"
          data-testid="button-simulate"
          title="Somebody’s feedback, the new measurement, a change of the recommendation"
          onClick={simulate}
        >
          Simulate three updates
        </button>
      </div>
      <p className="hint" role="status">
        {outcome}
      </p>
    </div>
  );
}
