import type { TargetName } from '../target-names.ts';
import { Pair } from './pair.ts';
import type { Scenario } from './scenario.ts';
import { inTurns, measuredInTurns, TURN_MS } from './turns.ts';

/** A p99 of a shorter time hangs on single disturbances. */
const SHORTEST_MS = 30_000;

/** Long enough to be a rate, and short enough that the machine is mostly the same for all who have their turns. */
const LATENCY_TURN_MS = 3_000;

/** How long deliveries take at a rate that leaves the server time to rest, from publishing to reading. */
export function latency(
  name: string,
  title: string,
  options: { subscribers: number; ticksPerSecond: number; targets: readonly TargetName[] },
): Scenario {
  const { subscribers, ticksPerSecond, targets } = options;
  return {
    name,
    title,
    targets,
    baseline: 'limit',
    connections: subscribers,
    slow: true,
    figures: [
      { name: 'p99', title: 'p99', unit: 'ms' },
      { name: 'p50', title: 'p50', unit: 'ms' },
      { name: 'cpu', title: 'server CPU per delivery', unit: 'µs' },
    ],
    note: ({ latencyMs }) =>
      latencyMs < SHORTEST_MS
        ? `measured for ${latencyMs / 1_000} s only: too short for a p99 that means something`
        : undefined,
    async *measure(target, surroundings) {
      const { warmUpMs, latencyMs } = surroundings.effort;
      await using pair = await Pair.start(target, { topics: 1, messages: 1 }, surroundings);
      await pair.load.call('connect', subscribers);
      yield* inTurns(warmUpMs, TURN_MS, (durationMs) => pair.load.call('closedLoop', durationMs));
      const { cpuMicros, deliveries, busy } = yield* measuredInTurns(
        latencyMs,
        LATENCY_TURN_MS,
        (durationMs) => pair.measure(() => pair.load.call('fixedRate', ticksPerSecond, durationMs)),
      );
      const { p99, p50 } = await pair.load.call('latency');
      await pair.check();
      return { figures: { p99, p50, cpu: cpuMicros / deliveries }, busy };
    },
  };
}
