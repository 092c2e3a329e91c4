import { useState } from 'react';
import type { TopicView } from '../live/live-feed.ts';

interface SimulateFormProps {
  readonly topics: readonly TopicView[];
  readonly onSimulate: (diagnosisId: number) => Promise<void>;
}

/** Lets the clinic's backend publish, also while this page is away. */
export function SimulateForm({ topics, onSimulate }: SimulateFormProps) {
  const [chosen, setChosen] = useState<number>();
  const [outcome, setOutcome] = useState('');
  const diagnosisId = chosen ?? topics[0]?.diagnosisId ?? 0;

  const simulate = () => {
    onSimulate(diagnosisId).then(
      () => setOutcome(`Published three messages in no. ${diagnosisId}.`),
      (error: Error) => setOutcome(`Not published: ${error.message}`),
    );
  };
  return (
    <div className="simulate">
      <div className="button-row">
        {topics.length > 1 && (
          <select
            aria-label="Diagnosis"
            data-testid="simulate-diagnosis"
            value={diagnosisId}
            onChange={(event) => setChosen(Number(event.target.value))}
          >
            {topics.map((topic) => (
              <option key={topic.diagnosisId} value={topic.diagnosisId}>
                No. {topic.diagnosisId}
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
