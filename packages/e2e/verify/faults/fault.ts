import type { Recorder } from '@vitalwire/server/verify';
import type { Random } from '../../support/random.ts';
import type { Cluster } from '../cluster.ts';
import type { Population } from '../population.ts';

/** What can be broken. */
export interface System {
  readonly cluster: Cluster;
  readonly population: Population;
  readonly recorder: Recorder;
}

/** Something that is broken for a while. */
export interface Fault {
  /** What is broken. */
  readonly target: string;
  /** No other fault claims any of these meanwhile. */
  readonly claims: readonly string[];
  /** How long it lasts, unless `begin` waits for something of its own. */
  readonly durationMs: number;
  begin(): void | Promise<void>;
  /** Whether it has done something. When it has not after its duration, it lasts somewhat longer. */
  shown?(): boolean;
  /** Mends it. Tells what visibly happened: connections cut, processes gone …; 0 when nothing did. */
  end(): number | Promise<number>;
}

/** A kind of fault, in a file of its own. */
export interface FaultKind {
  readonly name: string;
  /** How often it is chosen, beside the others. */
  readonly weight: number;
  /** Logs may lose what they acknowledged, and then begin new epochs. */
  readonly newEpochs?: boolean;
  /** Why it cannot happen here; `undefined` when it can. */
  unavailable?(system: System): string | undefined;
  /** Decides what exactly is broken; nothing when there is nothing to break now. */
  plan(system: System, random: Random): Fault | undefined;
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
