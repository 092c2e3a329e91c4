/** What several measurements of the same thing say together. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws when there is nothing to summarise. */
export function summarise(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const min = sorted[0];
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new Error('there are no values');
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? min;
  const lower = Number.isInteger(middle) ? (sorted[middle - 1] ?? min) : upper;
  return { median: (lower + upper) / 2, min, max };
}

/** Divides measurements by those of the same rounds, so that what disturbed a whole round disturbs no ratio. */
export function ratios(values: readonly number[], divisors: readonly number[]): number[] {
  return byRound(values, divisors, (value, divisor) => value / divisor);
}

/** Multiplies measurements with those of the same rounds. */
export function products(values: readonly number[], factors: readonly number[]): number[] {
  return byRound(values, factors, (value, factor) => value * factor);
}

function byRound(
  a: readonly number[],
  b: readonly number[],
  combine: (a: number, b: number) => number,
): number[] {
  const rounds = Math.min(a.length, b.length);
  return Array.from({ length: rounds }, (_, round) =>
    combine(a[round] ?? Number.NaN, b[round] ?? Number.NaN),
  );
}
