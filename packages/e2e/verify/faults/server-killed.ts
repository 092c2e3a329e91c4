import type { FaultKind } from './fault.ts';

/** A server process is killed, and started again. */
export const serverKilled: FaultKind = {
  name: 'server_killed',
  weight: 4,
  plan({ cluster }, random) {
    const { up } = cluster;
    if (up.length === 0) return undefined;
    const node = random.pick(up);
    let killed = 0;
    return {
      target: node.name,
      claims: [node.name],
      durationMs: random.between(0, 1_500),
      async begin() {
        killed = node.pid;
        await node.kill();
      },
      async end() {
        await node.start();
        return node.pid === killed ? 0 : 1;
      },
    };
  },
};
