// Shown in the README.
import { createClient } from '@vitalwire/client';

const client = createClient({ url: '/ws', getToken: () => 'token', onGap: 'ignore' });

if (location.hostname === 'localhost') {
  client.inspect((event) => console.debug(event.type, event));
  const { mountDevtools } = await import('@vitalwire/client/devtools');
  mountDevtools(client);
}
