import type { FaultKind } from './fault.ts';

/** A topic of its own for each time, since room that a log has once had is used again. */
const FIRST_TOPIC = 1_000;
const PADDING = 55_000;
const AT_ONCE = 8;
const MOST_PUBLICATIONS = 400;

/** No space is left for the log, until something else is deleted. */
export const diskFull: FaultKind = {
  name: 'disk_full',
  weight: 2,
  unavailable: ({ cluster }) => cluster.diskless,
  plan({ cluster, population }, random) {
    const { disk, up } = cluster;
    const node = up[0];
    if (disk === undefined || node === undefined) return undefined;
    const publisher = random.pick(population.publishers);
    const topic = FIRST_TOPIC + random.integer(0, 1_000_000);
    let refused = 0;
    return {
      target: node.name,
      claims: [node.name, 'disk'],
      durationMs: random.between(0, 1_500),
      async begin() {
        await disk.fill();
        for (let sent = 0; sent < MOST_PUBLICATIONS && refused === 0; sent += AT_ONCE) {
          const attempts = Array.from({ length: AT_ONCE }, () => publisher.attempt(topic, PADDING));
          const outcomes = await Promise.all(attempts);
          refused += outcomes.filter((outcome) => outcome.status === 'failed').length;
        }
      },
      async end() {
        await disk.free();
        return refused;
      },
    };
  },
};
