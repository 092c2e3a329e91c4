import type { FaultKind } from './fault.ts';

/** Pages are reloaded in the middle of whatever they are doing, and resume from what they had stored. */
export const tabReloaded: FaultKind = {
  name: 'tab_reloaded',
  weight: 5,
  plan({ population }, random) {
    const tabs = random.some(population.clients, random.integer(1, 4));
    return {
      target: tabs.map(({ name }) => name).join(', '),
      claims: tabs.map(({ user }) => user.name),
      durationMs: 0,
      begin() {
        for (const tab of tabs) tab.reload();
      },
      end: () => tabs.length,
    };
  },
};
