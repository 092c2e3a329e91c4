import { type FormEvent, useState } from 'react';
import type { FeedbackForm as Form } from '../../server/views.ts';
import { percent } from '../words.ts';
import { StarRating } from './star-rating.tsx';

const EMPTY: Form = { rating: 0, effectiveness: 0.5, comment: '' };

interface FeedbackFormProps {
  readonly herb: string;
  readonly onSend: (form: Form) => Promise<unknown>;
}

export function FeedbackForm({ herb, onSend }: FeedbackFormProps) {
  const [form, setForm] = useState(EMPTY);
  const [outcome, setOutcome] = useState<{ sent: boolean; text: string }>();

  const send = (event: FormEvent) => {
    event.preventDefault();
    onSend(form).then(
      () => {
        setForm(EMPTY);
        setOutcome({ sent: true, text: 'Thank you. The clinic has it.' });
      },
      (error: Error) => setOutcome({ sent: false, text: `Not sent: ${error.message}. Please try again.` }),
    );
  };

  return (
    <form className="card feedback-form" data-testid="feedback-form" onSubmit={send}>
      <h2>How is {herb} for you?</h2>
      <StarRating value={form.rating} onChange={(rating) => setForm({ ...form, rating })} />
      <label className="slider">
        <span>
          How much did it help? <output>{percent(form.effectiveness)}</output>
        </span>
        <input
          type="range"
          min="0"
          max="1"
          step="0.05"
          value={form.effectiveness}
          aria-valuetext={percent(form.effectiveness)}
          data-testid="feedback-effect"
          onChange={(event) => setForm({ ...form, effectiveness: Number(event.target.value) })}
        />
        <span className="slider-ends" aria-hidden="true">
          <span>Not at all</span>
          <span>Completely</span>
        </span>
      </label>
      <label>
        <span>
          In your words <span className="soft">(may stay empty)</span>
        </span>
        <textarea
          rows={2}
          maxLength={500}
          value={form.comment}
          data-testid="feedback-comment"
          onChange={(event) => setForm({ ...form, comment: event.target.value })}
        />
      </label>
      <div className="form-end">
        <button type="submit" className="primary" data-testid="feedback-submit">
          Send feedback
        </button>
        <p
          role="status"
          className={outcome?.sent === false ? 'failure' : 'hint'}
          data-testid="feedback-outcome"
        >
          {outcome?.text}
        </p>
      </div>
    </form>
  );
}
