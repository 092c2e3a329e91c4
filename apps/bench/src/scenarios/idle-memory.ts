import type { TargetName } from '../target-names.ts';
import { Pair } from './pair.ts';
import type { Scenario } from './scenario.ts';

/** So many connect and leave first, so that what is made once is there already. */
const FIRST_CONNECTIONS = 100;

/** What connections cost that do nothing. Each is of another user and has one subscription, of a topic of its own. */
export function idleMemory(connections: number, targets: readonly TargetName[]): Scenario {
  return {
    name: 'idle-memory',
    title: `memory of ${connections} idle connections, each with one subscription`,
    baseline: 'limit',
    targets,
    connections,
    slow: true,
    figures: [{ name: 'memory', title: 'server memory a connection', unit: 'kB' }],
    // biome-ignore lint/correctness/useYield: so many connections are open one target at a time
    async *measure(target, surroundings) {
      await using pair = await Pair.start(target, { topics: connections, messages: 1 }, surroundings);
      await pair.load.call('connect', Math.min(connections, FIRST_CONNECTIONS));
      await pair.load.call('forget');
      const before = await pair.server.call('memory');
      await pair.load.call('connect', connections);
      const after = await pair.server.call('memory');
      await pair.check();
      return { figures: { memory: (after - before) / connections / 1_000 }, busy: 0 };
    },
  };
}
