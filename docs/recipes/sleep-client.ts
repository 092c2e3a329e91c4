import { createClient } from '@vitalwire/client';
import { ourCatalogue } from './sleep-update.ts';

const client = createClient({
  url: 'ws://127.0.0.1:8000/ws',
  getToken: async () => (await fetch('http://127.0.0.1:3000/token')).text(),
  catalogue: ourCatalogue,
});
client.subscribe(123, { onGap: 'ignore' }).on('sleep_update', ({ hours }) => console.log('slept', hours));
