import { useUpdates } from '@vitalwire/react';

interface RatingsProps {
  readonly id: number;
  readonly onRating: (rating: number) => void | Promise<void>;
}

/** Tells of each rating, once; it never renders for one. */
export function Ratings({ id, onRating }: RatingsProps) {
  useUpdates(
    id,
    'feedback_update',
    async ({ rating }, { recovered }) => {
      if (!recovered) await onRating(rating);
    },
    { onGap: 'ignore' },
  );
  return null;
}
