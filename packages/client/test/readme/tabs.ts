// biome-ignore-all lint/correctness/noUnusedVariables: shown in the README.
import { createClient } from '@vitalwire/client';
import { shareAcrossTabs } from '@vitalwire/client/tabs';

const client = createClient({
  url: '/ws',
  getToken: async () => (await fetch('/session/token')).text(),
  onGap: () => location.reload(),
  transport: shareAcrossTabs(),
});
