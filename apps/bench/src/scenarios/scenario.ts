import type { Cores } from '../processes/cores.ts';
import type { Figure, Measurement } from '../results.ts';
import type { TargetName } from '../target-names.ts';

/** How long phases last, in milliseconds. */
interface Durations {
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly latencyMs: number;
}

/** Where a scenario runs. */
export interface Surroundings {
  readonly cores: Cores;
  readonly durations: Durations;
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
  /** Most rounds, for a scenario that takes long. @default as many as asked for */
  readonly rounds?: number;
  /** What a reader of the results has to know. */
  note?(durations: Durations): string | undefined;
  /** @throws {DeliveryError} when something was lost, repeated or misordered. */
  measure(target: TargetName, surroundings: Surroundings): Promise<Measurement>;
}

/** A publication was lost, repeated or misordered, or could not be published: the run has failed. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}
