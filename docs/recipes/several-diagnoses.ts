import { createClient, type Subscription } from '@vitalwire/client';
import { getToken } from './get-token.ts';

const client = createClient({
  url: 'ws://127.0.0.1:8000/ws',
  getToken,
  onGap: ({ diagnosisId }) => console.log(`diagnosis ${diagnosisId} has to be loaded anew`),
});
client.on('state', ({ name }) => console.log(name));

/** One connection carries them all. Call it again with what the page shows now. */
const shown = new Map<number, Subscription>();
function show(diagnosisIds: readonly number[]): void {
  for (const [id, subscription] of shown) {
    if (diagnosisIds.includes(id)) continue;
    subscription.unsubscribe();
    shown.delete(id);
  }
  for (const id of diagnosisIds) {
    if (shown.has(id)) continue;
    const subscription = client.subscribe(id);
    subscription.on('publication', ({ diagnosis_id, type }) => console.log(diagnosis_id, type));
    shown.set(id, subscription);
  }
}

show([123, 124]);
