import { createClient } from '@vitalwire/client';
import { getToken } from './get-token.ts';

const client = createClient({ url: 'ws://127.0.0.1:8000/ws', getToken });
const subscription = client.subscribe(123, {
  onGap: ({ reason }) => console.error('some are gone:', reason),
  onHandlerError: 'retry',
});

subscription.on('effectiveness_update', async ({ new_effectiveness }, { epoch, offset }) => {
  const response = await fetch('http://127.0.0.1:3000/measurements', {
    method: 'POST',
    // The same at each attempt, so that the service can tell that it has it.
    headers: { 'Idempotency-Key': `${epoch}:${offset}` },
    body: JSON.stringify({ effectiveness: new_effectiveness }),
  });
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  console.log('handed on', offset);
});
