import { Star } from './icons.tsx';

const WORDS = ['No help at all', 'Little help', 'Some help', 'Good help', 'Very good help'];

interface StarRatingProps {
  readonly value: number;
  readonly onChange: (rating: number) => void;
}

/** One to five stars; radio buttons underneath, so arrow keys and screen readers work as everywhere. */
export function StarRating({ value, onChange }: StarRatingProps) {
  return (
    <fieldset className="stars">
      <legend>How do you rate it?</legend>
      <div className="stars-row">
        {WORDS.map((word, index) => {
          const rating = index + 1;
          return (
            <label key={word}>
              <input
                className="visually-hidden"
                type="radio"
                name="rating"
                value={rating}
                required
                checked={value === rating}
                data-testid={`feedback-rating-${rating}`}
                onChange={() => onChange(rating)}
              />
              <Star filled={rating <= value} />
              <span className="visually-hidden">
                {rating} of 5: {word}
              </span>
            </label>
          );
        })}
        <span className="hint" aria-hidden="true">
          {WORDS[value - 1] ?? 'Choose 1 to 5'}
        </span>
      </div>
    </fieldset>
  );
}
