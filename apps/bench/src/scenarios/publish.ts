import type { TargetName } from '../target-names.ts';
import { Pair } from './pair.ts';
import type { Scenario } from './scenario.ts';

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
    async measure(target, surroundings) {
      const { warmUpMs, measureMs } = surroundings.effort;
      const posting = { connections, ...(batch !== undefined && { batch }) };
      await using pair = await Pair.start(target, { topics, messages: 1 }, surroundings);
      await pair.load.call('connect', topics);
      await pair.load.call('post', { ...posting, durationMs: warmUpMs });
      const { result: phase, cpuMicros } = await pair.measure(() =>
        pair.load.call('post', { ...posting, durationMs: measureMs }),
      );
      await pair.check();
      return {
        figures: { rate: phase.done / phase.seconds, cpu: cpuMicros / phase.done },
        busy: phase.busy,
      };
    },
  };
}
