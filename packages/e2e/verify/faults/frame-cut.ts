import { networkFault } from './network-fault.ts';

/** A connection is reset after some bytes, in the middle of a frame or of an answer. */
export const frameCut = networkFault(
  'frame_cut',
  8,
  [500, 2_000],
  (network, random) =>
    random.chance(0.6)
      ? network.cutAfter(random.integer(1, 3_000), 'toClient')
      : network.cutAfter(random.integer(1, 200), 'toServer'),
  ({ cut }) => cut,
);
