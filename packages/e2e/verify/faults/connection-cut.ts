import { networkFault } from './network-fault.ts';

/** Every connection is reset. */
export const connectionCut = networkFault(
  'connection_cut',
  10,
  [0, 300],
  (network) => network.destroy(),
  ({ cut }) => cut,
);
