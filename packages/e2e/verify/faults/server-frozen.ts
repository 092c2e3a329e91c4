import { type FaultKind, wait } from './fault.ts';

/** A server process gets no time, as on a machine that is overloaded or migrated; its connections stay open. */
export const serverFrozen: FaultKind = {
  name: 'server_frozen',
  weight: 2,
  plan({ cluster }, random) {
    const { up } = cluster;
    if (up.length === 0) return undefined;
    const node = random.pick(up);
    let frozen = 0;
    return {
      target: node.name,
      claims: [node.name],
      // Mostly short, sometimes longer than every timeout.
      durationMs: random.chance(0.2) ? random.between(5_000, 15_000) : random.between(200, 3_000),
      async begin() {
        node.freeze();
        await wait(20);
        frozen = node.frozen ? 1 : 0;
      },
      end() {
        node.thaw();
        return frozen;
      },
    };
  },
};
