import { createClient } from '@vitalwire/client';
import { getToken } from './get-token.ts';

const client = createClient({ url: 'ws://127.0.0.1:8000/ws', getToken });
const subscription = client.subscribe(123, { onGap: ({ reason }) => console.log('load it anew:', reason) });
subscription.on('effectiveness_update', (data, { offset, recovered }) => {
  console.log(offset, data.new_effectiveness, recovered ? 'missed, and supplied now' : 'live');
});
subscription.on('state', ({ name }) => console.log(name));
