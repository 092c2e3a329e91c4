import { networkFault } from './network-fault.ts';

/** Connections are reset, and new ones too. */
export const networkDown = networkFault(
  'network_down',
  4,
  [200, 3_000],
  (network) => {
    network.refuse();
    network.destroy();
  },
  ({ cut }) => cut,
);
