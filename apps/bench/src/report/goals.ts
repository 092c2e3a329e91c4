import { type ScenarioResult, valuesOf } from '../results.ts';
import type { TargetName } from '../target-names.ts';
import { products, ratios, type Summary, summarise } from './statistics.ts';

/** One measured thing. */
export interface Place {
  readonly scenario: string;
  readonly target: TargetName;
  readonly figure: string;
}

/** A figure to reach: a value, or its ratio to others of the same round. */
export interface Goal {
  readonly title: string;
  readonly of: Place;
  /** What it is divided by. */
  readonly over?: readonly Place[];
  /** What it is multiplied with, to compare a ratio with another one. */
  readonly times?: readonly Place[];
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly unit: string;
}

/**
 * `met` and `missed` say where the median lies; `unclear` that it missed by so little that other rounds met the goal.
 * `not measured` when something needed was not run.
 */
type Verdict = 'met' | 'missed' | 'unclear' | 'not measured';

export interface Outcome {
  readonly goal: Goal;
  readonly summary: Summary | undefined;
  readonly verdict: Verdict;
}

/** Holds a goal to the results. */
export function judge(goal: Goal, results: readonly ScenarioResult[]): Outcome {
  const of = find(goal.of, results);
  const over = (goal.over ?? []).map((place) => find(place, results));
  const times = (goal.times ?? []).map((place) => find(place, results));
  const compared = times.reduce(products, over.reduce(ratios, of));
  if (compared.length === 0) return { goal, summary: undefined, verdict: 'not measured' };
  const summary = summarise(compared);
  if (meets(goal, summary.median)) return { goal, summary, verdict: 'met' };
  const near = meets(goal, summary.min) || meets(goal, summary.max);
  return { goal, summary, verdict: near ? 'unclear' : 'missed' };
}

function find({ scenario, target, figure }: Place, results: readonly ScenarioResult[]): number[] {
  const result = results.find(({ name }) => name === scenario);
  return result === undefined ? [] : valuesOf(result, target, figure);
}

function meets({ atMost = Infinity, atLeast = -Infinity }: Goal, value: number): boolean {
  return value <= atMost && value >= atLeast;
}
