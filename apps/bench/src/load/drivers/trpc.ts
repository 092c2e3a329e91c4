import type { Driver } from '../driver.ts';
import { upgradeRequest } from '../upgrade.ts';

/** JSON-RPC of tRPC over WebSocket. */
export const trpc: Driver = {
  open: () => upgradeRequest('/'),
  upgrades: true,
  begin: ({ topic }) => [
    JSON.stringify({
      id: 1,
      jsonrpc: '2.0',
      method: 'subscription',
      params: { path: 'updates', input: { topic } },
    }),
  ],
  answer(text) {
    const { result } = JSON.parse(text);
    if (result?.type === 'started') return [];
    if (result?.data === 'subscribed') return 'subscribed';
    throw new Error(`the server said ${text}`);
  },
  marker: '"offset":',
  resumes: false,
};
