import type { Phase } from '../load/main.ts';

/** A phase, and the processor time in microseconds that the server used for it. */
export interface MeasuredPhase extends Phase {
  readonly cpuMicros: number;
}

/**
 * Short enough that the machine is the same for all who have their turns one after another, and that no connection rests for
 * 200 ms: after that Linux acknowledges at once all that it receives for a while, which the sender pays for.
 */
export const TURN_MS = 60;

/** Does something in turns until they have lasted for so long together. Yields before every one. */
export async function* inTurns(
  totalMs: number,
  turnMs: number,
  turn: (durationMs: number) => Promise<Phase>,
): AsyncGenerator<undefined, void> {
  for (let doneMs = 0; doneMs < totalMs; doneMs += turnMs) {
    yield;
    await turn(Math.min(turnMs, totalMs - doneMs));
  }
}

/** The same, and returns what was measured in all of them together. */
export async function* measuredInTurns(
  totalMs: number,
  turnMs: number,
  turn: (durationMs: number) => Promise<MeasuredPhase>,
): AsyncGenerator<undefined, MeasuredPhase> {
  const phases: MeasuredPhase[] = [];
  yield* inTurns(totalMs, turnMs, async (durationMs) => {
    const phase = await turn(durationMs);
    phases.push(phase);
    return phase;
  });
  const sum = (value: (phase: MeasuredPhase) => number) =>
    phases.reduce((total, one) => total + value(one), 0);
  const seconds = sum((phase) => phase.seconds);
  return {
    done: sum(({ done }) => done),
    deliveries: sum(({ deliveries }) => deliveries),
    cpuMicros: sum(({ cpuMicros }) => cpuMicros),
    seconds,
    busy: sum((phase) => phase.busy * phase.seconds) / seconds,
  };
}
