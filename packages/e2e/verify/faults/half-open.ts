import { DIRECTIONS, networkFault } from './network-fault.ts';

/** Bytes get lost, in one direction or both, and nobody is told. */
export const halfOpen = networkFault(
  'half_open',
  7,
  [500, 6_000],
  (network, random) => network.blackhole(...random.pick(DIRECTIONS)),
  ({ swallowedBytes }) => swallowedBytes,
);
