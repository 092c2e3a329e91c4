import type { Direction, Harm, TcpProxy } from '@vitalwire/testing';
import type { Random } from '../../support/random.ts';
import type { FaultKind } from './fault.ts';

/** A fault of one network, during which others of its kind leave it alone. */
export function networkFault(
  name: string,
  weight: number,
  durationsMs: readonly [shortest: number, longest: number],
  impose: (network: TcpProxy, random: Random) => void,
  effect: (harm: Harm) => number,
): FaultKind {
  return {
    name,
    weight,
    plan({ population }, random) {
      const network = random.pick([...population.networks, ...population.networks, ...population.uplinks]);
      let before = network.proxy.harm;
      const harmed = () => effect(difference(network.proxy.harm, before));
      return {
        target: network.name,
        claims: [network.name],
        durationMs: random.between(...durationsMs),
        begin() {
          before = network.proxy.harm;
          impose(network.proxy, random);
        },
        shown: () => harmed() > 0,
        end() {
          network.proxy.pass();
          return harmed();
        },
      };
    },
  };
}

/** What one of both directions can be, or both. */
export const DIRECTIONS: readonly (readonly Direction[])[] = [
  ['toServer'],
  ['toClient'],
  ['toServer', 'toClient'],
];

function difference(after: Harm, before: Harm): Harm {
  return {
    cut: after.cut - before.cut,
    swallowedBytes: after.swallowedBytes - before.swallowedBytes,
    slowedBytes: after.slowedBytes - before.slowedBytes,
    held: after.held - before.held,
  };
}
