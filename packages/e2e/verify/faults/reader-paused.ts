import { BULK } from '../population.ts';
import { type FaultKind, wait } from './fault.ts';

/** More than what the buffers of a network take before a server notices that its peer does not read. */
const PUBLICATIONS = 120;
const PADDING = 50_000;
const AT_ONCE = 8;

/** The readers of a network stop reading, while more is published to them than its buffers take. */
export const readerPaused: FaultKind = {
  name: 'reader_paused',
  weight: 2,
  plan({ population }, random) {
    const readers = population.subscribers.filter(({ topics }) => topics.includes(BULK));
    const homes = readers.map(({ user }) => population.homeOf(user));
    if (homes.length === 0) return undefined;
    const network = random.pick(homes);
    const publisher = random.pick(population.publishers);
    let before = 0;
    return {
      target: network.name,
      claims: [network.name, 'bulk'],
      durationMs: random.between(500, 4_000),
      async begin() {
        before = network.proxy.harm.held;
        network.proxy.hold();
        for (let sent = 0; sent < PUBLICATIONS; sent += AT_ONCE) {
          const attempts = Array.from({ length: AT_ONCE }, () => publisher.attempt(BULK, PADDING));
          await Promise.race([Promise.all(attempts), wait(1_000)]);
        }
      },
      shown: () => network.proxy.harm.held > before,
      end() {
        network.proxy.pass();
        return network.proxy.harm.held - before;
      },
    };
  },
};
