import { DIRECTIONS, networkFault } from './network-fault.ts';

/** A few bytes arrive at a time. */
export const packetTrickle = networkFault(
  'packet_trickle',
  4,
  [500, 3_000],
  (network, random) => network.divide(random.integer(1, 20), ...random.pick(DIRECTIONS)),
  ({ slowedBytes }) => slowedBytes,
);
