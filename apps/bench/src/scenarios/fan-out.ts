import type { TargetName } from '../target-names.ts';
import type { TickPlan } from '../tick-plan.ts';
import { Pair } from './pair.ts';
import type { Scenario } from './scenario.ts';
import { inTurns, measuredInTurns, TURN_MS } from './turns.ts';

/**
 * Publications to many subscribers, in a closed loop: the next tick when everybody has received the last one. So the
 * server is never overrun and no target works ahead of another, however fast the load generator is; what counts is the
 * processor time of the server.
 */
export function fanOut(
  name: string,
  title: string,
  { subscribers, targets, ...plan }: TickPlan & { subscribers: number; targets: readonly TargetName[] },
): Scenario {
  return {
    name,
    title,
    baseline: 'limit',
    targets,
    connections: subscribers,
    figures: [{ name: 'cpu', title: 'server CPU per delivery', unit: 'µs' }],
    async *measure(target, surroundings) {
      const { warmUpMs, measureMs } = surroundings.effort;
      await using pair = await Pair.start(target, plan, surroundings);
      await pair.load.call('connect', subscribers);
      const loop = (durationMs: number) => pair.load.call('closedLoop', durationMs);
      yield* inTurns(warmUpMs, TURN_MS, loop);
      const { cpuMicros, deliveries, busy } = yield* measuredInTurns(measureMs, TURN_MS, (durationMs) =>
        pair.measure(() => loop(durationMs)),
      );
      await pair.check();
      return { figures: { cpu: cpuMicros / deliveries }, busy };
    },
  };
}
