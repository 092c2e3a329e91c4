import type { Driver } from '../driver.ts';

/** No protocol: a line that names the topic, and frames in return. */
export const bare: Driver = {
  open: ({ topic }) => `${topic}\n`,
  upgrades: false,
  begin: () => [],
  answer: () => 'subscribed',
  marker: '"offset":',
  resumes: false,
};
