import type { Cores } from '../processes/cores.ts';
import type { Figure, Measurement } from '../results.ts';
import type { TargetName } from '../target-names.ts';

/** How long phases last, in milliseconds, and how many storms are measured. */
interface Effort {
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly latencyMs: number;
  readonly storms: number;
  /** Storms before those that are measured. */
  readonly warmUpStorms: number;
  /** Most rounds of the scenarios that take long. */
  readonly slowRounds: number;
}

/** Where a scenario runs. */
export interface Surroundings {
  readonly cores: Cores;
  readonly effort: Effort;
  /** The file for a profile of the server while it is measured. @default it is not profiled, which costs time */
  readonly profile?: string;
}

/** Something that is measured with several targets. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly targets: readonly TargetName[];
  /** The first one is what the scenario is about. */
  readonly figures: readonly Figure[];
  /** The target that the others are compared with. */
  readonly baseline: TargetName;
  /** Connections that it opens; each process needs as many files. */
  readonly connections: number;
  /** Whether it takes so long that it has fewer rounds. @default false */
  readonly slow?: boolean;
  /** What a reader of the results has to know. */
  note?(effort: Effort): string | undefined;
  /**
   * Measures a target in turns. It pauses before each of them, so that the targets with which it is compared can have theirs:
   * a machine that is faster or slower for a while is that for all of them.
   *
   * @throws {DeliveryError} when something was lost, repeated or misordered.
   */
  measure(target: TargetName, surroundings: Surroundings): Measuring;
}

/** A measurement on its way: it yields before every turn, and returns what all of them showed. */
export type Measuring = AsyncGenerator<undefined, Measurement>;

/** A publication was lost, repeated or misordered, or could not be published: the run has failed. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}
