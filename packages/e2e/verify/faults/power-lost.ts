import { type FaultKind, wait } from './fault.ts';

/** The disk of the log loses its power, and everything with it that was not synced. */
export const powerLost: FaultKind = {
  name: 'power_lost',
  weight: 3,
  unavailable: ({ cluster }) => cluster.diskless,
  plan({ cluster }, random) {
    const { disk, up } = cluster;
    const node = up[0];
    if (disk === undefined || node === undefined) return undefined;
    return {
      target: node.name,
      claims: [node.name, 'disk'],
      // The server lives on for a moment, with a disk that answers with errors.
      durationMs: random.between(0, 500),
      async begin() {
        await disk.writeUnsynced();
        // As a machine without power does. Otherwise Linux tells whoever syncs in this very moment that it was done,
        // though it was not: the server would be blamed for what it could not know.
        node.freeze();
        while (!node.frozen) await wait(1);
        await disk.losePower();
        node.thaw();
      },
      async end() {
        await node.kill();
        await disk.restore();
        const lost = !(await disk.hasUnsynced());
        await node.start();
        return lost ? 1 : 0;
      },
    };
  },
};
