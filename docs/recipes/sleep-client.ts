import { createClient } from '@vitalwire/client';
import { getToken } from './get-token.ts';
import { ourCatalogue } from './sleep-update.ts';

const client = createClient({
  url: 'ws://127.0.0.1:8000/ws',
  getToken,
  catalogue: ourCatalogue,
});
client.subscribe(123, { onGap: 'ignore' }).on('sleep_update', ({ hours }) => console.log('slept', hours));
