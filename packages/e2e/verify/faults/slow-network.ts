import { DIRECTIONS, networkFault } from './network-fault.ts';

/** Bytes arrive late. */
export const slowNetwork = networkFault(
  'slow_network',
  3,
  [500, 3_000],
  (network, random) => network.delay(random.between(20, 300), ...random.pick(DIRECTIONS)),
  ({ slowedBytes }) => slowedBytes,
);
