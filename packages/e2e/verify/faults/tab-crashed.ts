import type { FaultKind } from './fault.ts';

/** Tabs that share a connection crash without a word to the others, and resume from what they had stored. */
export const tabCrashed: FaultKind = {
  name: 'tab_crashed',
  weight: 4,
  plan({ population }, random) {
    const tabs = random.some(population.tabs, random.integer(1, 2));
    if (tabs.length === 0) return undefined;
    return {
      target: tabs.map(({ name }) => name).join(', '),
      claims: tabs.map(({ user }) => user.name),
      durationMs: 0,
      begin() {
        for (const tab of tabs) tab.crash();
      },
      end: () => tabs.length,
    };
  },
};
