import type { AnyPublication } from '@vitalwire/client';
import type { DiagnosisState } from '../../server/views.ts';
import { percent, when } from '../words.ts';
import { Star } from './icons.tsx';
import { OriginTag } from './origin-tag.tsx';

interface FeedbackListProps {
  readonly diagnosis: DiagnosisState;
  readonly arrivals: readonly AnyPublication[];
}

const SHOWN = 5;

/** The newest feedback first; what arrived since the page was opened is tagged. */
export function FeedbackList({ diagnosis, arrivals }: FeedbackListProps) {
  const arrived = new Map(
    arrivals.flatMap((one) =>
      one.type === 'feedback_update' ? [[one.data.feedback_id, one.recovered]] : [],
    ),
  );
  return (
    <ul className="feedback-list" data-testid={`feedback-list-${diagnosis.id}`}>
      {diagnosis.feedback
        .slice(-SHOWN)
        .toReversed()
        .map(({ id, rating, effectiveness, comment, at }) => {
          const recovered = arrived.get(id);
          return (
            <li key={id} className={recovered === undefined ? '' : 'arrived'} data-testid="feedback-item">
              <p className="feedback-line">
                <span className="stars-small" role="img" aria-label={`${rating} of 5 stars`}>
                  {[1, 2, 3, 4, 5].map((star) => (
                    <Star key={star} filled={star <= rating} />
                  ))}
                </span>
                <span>felt effect {percent(effectiveness)}</span>
                <span className="soft feedback-when">
                  {recovered !== undefined && <OriginTag recovered={recovered} />} {when(at)}
                </span>
              </p>
              {comment !== '' && <p className="comment">{comment}</p>}
            </li>
          );
        })}
    </ul>
  );
}
