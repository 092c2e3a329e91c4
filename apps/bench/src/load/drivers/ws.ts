import type { Driver } from '../driver.ts';
import { upgradeRequest } from '../upgrade.ts';

/** The topic is in the address; the first text says that the connection stands. */
export const ws: Driver = {
  open: ({ topic }) => upgradeRequest(`/?topic=${topic}`),
  upgrades: true,
  begin: () => [],
  answer: () => 'subscribed',
  marker: '"offset":',
  resumes: false,
};
