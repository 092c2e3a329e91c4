import { type FormEvent, useState } from 'react';
import type { AdjustmentForm, Recommendation } from '../../server/views.ts';

interface AdjustFormProps {
  readonly diagnosisId: number;
  readonly current: Recommendation;
  readonly onAdjust: (form: AdjustmentForm) => Promise<void>;
}

/** Lets the clinician publish a change of dosage or frequency. */
export function AdjustForm({ diagnosisId, current, onAdjust }: AdjustFormProps) {
  const [edited, setEdited] = useState<Partial<AdjustmentForm>>({});
  const [outcome, setOutcome] = useState('');
  const form = { dosage: current.dosage, frequency: current.frequency, reason: '', ...edited };

  const send = (event: FormEvent) => {
    event.preventDefault();
    onAdjust(form).then(
      () => {
        setEdited({});
        setOutcome('Published.');
      },
      (error: Error) => setOutcome(`Not published: ${error.message}`),
    );
  };
  const field = (name: keyof AdjustmentForm, label: string) => (
    <label>
      <span>{label}</span>
      <input
        required
        maxLength={200}
        value={form[name]}
        data-testid={`adjust-${name}`}
        onChange={(event) => setEdited({ ...edited, [name]: event.target.value })}
      />
    </label>
  );
  return (
    <details className="adjust">
      <summary>Adjust the recommendation</summary>
      <form data-testid={`adjust-form-${diagnosisId}`} onSubmit={send}>
        {field('dosage', `Dosage of ${current.herb}`)}
        {field('frequency', 'Frequency')}
        {field('reason', 'Reason')}
        <div className="form-end">
          <button type="submit" data-testid="adjust-submit">
            Publish the change
          </button>
          <p role="status" className="hint">
            {outcome}
          </p>
        </div>
      </form>
    </details>
  );
}
