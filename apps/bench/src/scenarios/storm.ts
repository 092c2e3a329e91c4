import { setTimeout as sleep } from 'node:timers/promises';
import { summarise } from '../report/statistics.ts';
import type { TargetName } from '../target-names.ts';
import { Pair } from './pair.ts';
import type { Scenario } from './scenario.ts';

/** In this time the server has noticed that everybody is gone. */
const CALM_MS = 500;

/**
 * All clients lose their connections, miss some messages, and come back at once, each with a token that the server has
 * never seen. It is over when all have everything they missed; with a server that recovers nothing, when all are back.
 */
export function storm(
  name: string,
  title: string,
  options: {
    clients: number;
    topics: number;
    missed: number;
    targets: readonly TargetName[];
  },
): Scenario {
  const { clients, topics, missed, targets } = options;
  return {
    name,
    title,
    targets,
    baseline: 'ws-naive',
    connections: clients,
    slow: true,
    figures: [
      { name: 'time', title: 'until all have everything', unit: 's' },
      { name: 'cpu', title: 'server CPU a client', unit: 'µs' },
    ],
    async *measure(target, surroundings) {
      const { storms, warmUpStorms } = surroundings.effort;
      await using pair = await Pair.start(target, { topics, messages: missed }, surroundings);
      await pair.load.call('connect', clients);
      await pair.load.call('expect', missed);
      await pair.server.call('tick');
      await pair.load.call('arrived');
      const measured: { time: number; cpu: number; busy: number }[] = [];
      for (let count = 1; count <= warmUpStorms + storms; count++) {
        yield;
        await pair.load.call('cut');
        await sleep(CALM_MS);
        await pair.server.call('tick');
        const { seconds, cpuMicros, busy } = await pair.measure(() => pair.load.call('storm', missed));
        if (count > warmUpStorms) measured.push({ time: seconds, cpu: cpuMicros / clients, busy });
      }
      await pair.check();
      const median = (name: 'time' | 'cpu' | 'busy') => summarise(measured.map((one) => one[name])).median;
      return { figures: { time: median('time'), cpu: median('cpu') }, busy: median('busy') };
    },
  };
}
