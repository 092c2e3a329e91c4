import type { TargetName } from '../target-names.ts';
import { Pair } from './pair.ts';
import type { Scenario } from './scenario.ts';

/** Publications by HTTP, several at once, to a topic with one subscriber. */
export function publishByHttp(
  name: string,
  title: string,
  { connections, targets }: { connections: number; targets: readonly TargetName[] },
): Scenario {
  return {
    name,
    title,
    baseline: 'ws-naive',
    targets,
    connections: connections + 1,
    figures: [
      { name: 'rate', title: 'publications', unit: '/s' },
      { name: 'cpu', title: 'server CPU a publication', unit: 'µs' },
    ],
    async measure(target, surroundings) {
      const { warmUpMs, measureMs } = surroundings.effort;
      await using pair = await Pair.start(target, { topics: 1, messages: 1 }, surroundings);
      await pair.load.call('connect', 1);
      await pair.load.call('post', { connections, durationMs: warmUpMs });
      const before = await pair.cpuMicros();
      const phase = await pair.load.call('post', { connections, durationMs: measureMs });
      const cpuMicros = (await pair.cpuMicros()) - before;
      await pair.check();
      return {
        figures: { rate: phase.done / phase.seconds, cpu: cpuMicros / phase.done },
        busy: phase.busy,
      };
    },
  };
}
