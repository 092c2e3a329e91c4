import { createClient, type Snapshot } from '@vitalwire/client';
import { getToken } from './get-token.ts';

interface Diagnosis {
  effectiveness: number;
}
let diagnosis: Diagnosis;

const client = createClient({ url: 'ws://127.0.0.1:8000/ws', getToken });

const subscription = client.subscribe(123, {
  async loadSnapshot({ diagnosisId, gap, signal }) {
    if (gap) console.log('gap', gap.reason);
    const response = await fetch(`http://127.0.0.1:3000/diagnoses/${diagnosisId}`, { signal });
    if (!response.ok) throw new Error(`the backend answered ${response.status}`);
    return (await response.json()) as Snapshot<Diagnosis>;
  },
  onSnapshot(state) {
    diagnosis = state;
    console.log('snapshot', diagnosis);
  },
});
subscription.on('effectiveness_update', ({ new_effectiveness }) => {
  diagnosis = { effectiveness: new_effectiveness };
  console.log('update', diagnosis);
});
