import type { TargetName } from './target-names.ts';

/** What one run of a scenario with one target measured. */
export interface Measurement {
  /** By the name of the figure. */
  readonly figures: Readonly<Record<string, number>>;
  /** How busy the load generator was while it mattered: near 1 it was the bottleneck. */
  readonly busy: number;
}

/** What a figure is. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
}

/** The measurements of a scenario: of each target one a round. */
export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** The target that the others are compared with. */
  readonly baseline: TargetName;
  readonly measurements: Readonly<Partial<Record<TargetName, readonly Measurement[]>>>;
  /** Why it was not run, or not with every target. */
  readonly notes: readonly string[];
  /** What failed: publications that were lost, repeated or misordered, and runs that did not come to their end. */
  readonly failures: readonly string[];
}

/** The values of a figure, one a round. */
export function valuesOf(result: ScenarioResult, target: TargetName, figure: string): number[] {
  return (result.measurements[target] ?? []).map(({ figures }) => figures[figure] ?? Number.NaN);
}
