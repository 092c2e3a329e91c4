import type { Measurement } from './results.ts';
import type { Measuring } from './scenarios/scenario.ts';
import type { TargetName } from './target-names.ts';

/** Hears what became of a target. */
export interface Hearer {
  measured(target: TargetName, measurement: Measurement): void;
  failed(target: TargetName, error: unknown): void;
}

/** Gives one target after another its next turn, until all have ended. One that fails does not keep the others from theirs. */
export async function takeTurns(
  started: readonly (readonly [TargetName, Measuring])[],
  hearer: Hearer,
): Promise<void> {
  const running = new Map(started);
  while (running.size > 0) {
    for (const [target, measuring] of running) {
      try {
        const step = await measuring.next();
        if (!step.done) continue;
        hearer.measured(target, step.value);
      } catch (error) {
        hearer.failed(target, error);
      }
      running.delete(target);
    }
  }
}
