import { type FaultKind, wait } from './fault.ts';

/** Every node is ended politely and started again, one after the other, as by a deployment. */
export const rollingRestart: FaultKind = {
  name: 'rolling_restart',
  weight: 2,
  plan({ cluster }, random) {
    if (cluster.up.length < cluster.nodes.length) return undefined;
    let restarted = 0;
    return {
      target: 'every node',
      claims: cluster.nodes.map(({ name }) => name),
      durationMs: 0,
      async begin() {
        for (const node of cluster.nodes) {
          const { pid } = node;
          await node.stop();
          await node.start();
          if (node.pid !== pid) restarted++;
          // The next one goes when this one is found to be ready.
          await wait(random.between(500, 1_000));
        }
      },
      end: () => restarted,
    };
  },
};
