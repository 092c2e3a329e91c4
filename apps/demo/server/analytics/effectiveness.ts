/** What one patient reported once. */
export interface Observation {
  /** 1 to 5. */
  readonly rating: number;
  /** The effect that the patient felt, 0 to 1. */
  readonly effectiveness: number;
}

/** How effective a remedy is, as far as the feedback can tell. */
export interface Estimate {
  readonly effectiveness: number;
  /** 1 minus the width of the interval around `effectiveness`: 0 with no feedback, towards 1 with much of it. */
  readonly confidence: number;
  readonly sampleSize: number;
}

/** A feedback counts this much of the one after it, so that an effect which wears off is seen. */
const RECENCY = 0.9;

/** Half-width of the interval in standard deviations: 80 % of the probability lies inside. */
const Z = 1.2816;

/** The felt effect counts most; the stars temper it. */
export function scoreOf({ rating, effectiveness }: Observation): number {
  return 0.7 * effectiveness + 0.3 * ((rating - 1) / 4);
}

/**
 * Estimates the effectiveness from observations, the oldest first: Wilson's interval around their weighted mean. Its
 * centre is drawn towards one half while there are few of them, so that one enthusiast does not make a cure.
 */
export function estimate(observations: readonly Observation[]): Estimate {
  const sampleSize = observations.length;
  if (sampleSize === 0) return { effectiveness: 0.5, confidence: 0, sampleSize };

  const weights = observations.map((_, index) => RECENCY ** (sampleSize - 1 - index));
  const total = sum(weights);
  const mean = sum(observations.map((one, index) => scoreOf(one) * (weights[index] ?? 0))) / total;
  // What so many observations of unequal weight are worth in observations of equal weight.
  const worth = total ** 2 / sum(weights.map((weight) => weight ** 2));

  const shrinkage = 1 + Z ** 2 / worth;
  const centre = (mean + Z ** 2 / (2 * worth)) / shrinkage;
  const halfWidth = (Z / shrinkage) * Math.sqrt((mean * (1 - mean)) / worth + Z ** 2 / (4 * worth ** 2));
  return { effectiveness: rounded(centre), confidence: rounded(1 - 2 * halfWidth), sampleSize };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** More digits than this would pretend a precision that feedback does not have. */
function rounded(share: number): number {
  return Number(share.toFixed(3));
}
