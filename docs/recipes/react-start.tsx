import { useDiagnosis, VitalwireProvider } from '@vitalwire/react';
import { getToken } from './get-token.ts';

export function App() {
  return (
    <VitalwireProvider url="wss://api.example.com/ws" getToken={getToken}>
      <Effectiveness id={123} />
    </VitalwireProvider>
  );
}

export function Effectiveness({ id }: { id: number }) {
  const { latest, state, gap, acknowledgeGap } = useDiagnosis(id, { onGap: 'ignore' });
  const measured = latest.effectiveness_update?.data;
  return (
    <section>
      <h2>{measured ? `${Math.round(measured.new_effectiveness * 100)} % effective` : 'Nothing new'}</h2>
      <p>{state.name}</p>
      {gap && (
        <button type="button" onClick={acknowledgeGap}>
          Some updates are gone for good. Understood
        </button>
      )}
    </section>
  );
}
