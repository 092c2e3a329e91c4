import { createClient, type Gap } from '@vitalwire/client';
import { getToken } from './get-token.ts';

interface Diagnosis {
  effectiveness: number;
}
let diagnosis: Diagnosis;

const client = createClient({ url: 'ws://127.0.0.1:8000/ws', getToken });

const subscription = client.subscribe(123, { onGap: loadSnapshot });
subscription.on('effectiveness_update', ({ new_effectiveness }) => {
  diagnosis = { effectiveness: new_effectiveness };
  console.log('update', diagnosis);
});

/** Publications after `gap.from` wait until this is done, then they are applied on top of it. */
async function loadSnapshot({ diagnosisId, reason }: Gap): Promise<void> {
  const response = await fetch(`http://127.0.0.1:3000/diagnoses/${diagnosisId}`);
  diagnosis = (await response.json()) as Diagnosis;
  console.log('snapshot', reason, diagnosis);
}
