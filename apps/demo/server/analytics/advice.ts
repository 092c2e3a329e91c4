import type { FormularyEntry } from '../clinic/formulary.ts';
import type { Estimate } from './effectiveness.ts';

/** Below this effectiveness another herb is recommended. */
export const FAILING_BELOW = 0.45;

/** Fewer feedbacks than this decide nothing. */
const ENOUGH_SAMPLES = 5;

/** Whether the feedback says clearly enough that a remedy does not help. */
export function isFailing({ effectiveness, sampleSize }: Estimate): boolean {
  return sampleSize >= ENOUGH_SAMPLES && effectiveness < FAILING_BELOW;
}

/**
 * The herb to try instead: the first one that was not tried yet, or else the best of those that did better than the
 * current one; `undefined` when there is none.
 *
 * @param tried the last measured effectiveness of each herb that was tried, the current one included
 */
export function nextHerb(
  formulary: readonly FormularyEntry[],
  current: string,
  tried: ReadonlyMap<string, number>,
): FormularyEntry | undefined {
  const others = formulary.filter(({ herb }) => herb !== current);
  const untried = others.find(({ herb }) => !tried.has(herb));
  if (untried !== undefined) return untried;
  const measured = ({ herb }: FormularyEntry) => tried.get(herb) ?? 0;
  const best = others.toSorted((a, b) => measured(b) - measured(a))[0];
  return best !== undefined && measured(best) > (tried.get(current) ?? 0) ? best : undefined;
}
