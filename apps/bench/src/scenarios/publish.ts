import type { TargetName } from '../target-names.ts';
import { Pair } from './pair.ts';
import type { Scenario } from './scenario.ts';
import { inTurns, measuredInTurns } from './turns.ts';

/** Every turn opens its connections, which is not to weigh much. */
const POSTING_TURN_MS = 400;

/** Publications by HTTP over several connections at once, to topics that have one subscriber each. */
export function publishByHttp(
  name: string,
  title: string,
  options: {
    connections: number;
    topics: number;
    /** So many publications in one body; without it each is posted alone. */
    batch?: number;
    targets: readonly TargetName[];
  },
): Scenario {
  const { connections, topics, batch, targets } = options;
  return {
    name,
    title,
    baseline: 'ws-naive',
    targets,
    connections: connections + topics,
    figures: [
      { name: 'rate', title: 'publications', unit: '/s' },
      { name: 'cpu', title: 'server CPU a publication', unit: 'µs' },
    ],
    async *measure(target, surroundings) {
      const { warmUpMs, measureMs } = surroundings.effort;
      const posting = { connections, ...(batch !== undefined && { batch }) };
      await using pair = await Pair.start(target, { topics, messages: 1 }, surroundings);
      await pair.load.call('connect', topics);
      const post = (durationMs: number) => pair.load.call('post', { ...posting, durationMs });
      yield* inTurns(warmUpMs, POSTING_TURN_MS, post);
      const { done, seconds, cpuMicros, busy } = yield* measuredInTurns(
        measureMs,
        POSTING_TURN_MS,
        (durationMs) => pair.measure(() => post(durationMs)),
      );
      await pair.check();
      return { figures: { rate: done / seconds, cpu: cpuMicros / done }, busy };
    },
  };
}
