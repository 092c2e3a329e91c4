// biome-ignore-all lint/correctness/noUnusedVariables lint/correctness/noUnusedFunctionParameters: shown in the README.
import { createClient } from '@vitalwire/client';

const client = createClient({
  url: 'wss://api.example.com/ws',
  getToken: async () => (await fetch('/session/token')).text(),
});

const subscription = client.subscribe(123, {
  // Publications are gone for good: load the diagnosis anew.
  onGap: ({ reason }) => location.reload(),
});

subscription.on('effectiveness_update', async (data, { recovered }) => {
  await draw(data.new_effectiveness, data.confidence, { recovered });
});
subscription.on('state', ({ name }) => showState(name));

declare function draw(
  effectiveness: number,
  confidence: number,
  options: { recovered: boolean },
): Promise<void>;
declare function showState(name: string): void;
