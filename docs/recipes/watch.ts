import { createClient } from '@vitalwire/client';

const client = createClient({
  url: 'ws://127.0.0.1:8000/ws',
  getToken: async () => (await fetch('http://127.0.0.1:3000/token')).text(),
});
const subscription = client.subscribe(123, { onGap: ({ reason }) => console.log('load it anew:', reason) });
subscription.on('effectiveness_update', (data, { offset, recovered }) => {
  console.log(offset, data.new_effectiveness, recovered ? 'missed, and supplied now' : 'live');
});
subscription.on('state', ({ name }) => console.log(name));
