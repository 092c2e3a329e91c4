// biome-ignore-all lint/correctness/noUnusedVariables lint/correctness/noUnusedFunctionParameters: shown in the README.
import { createClient } from '@vitalwire/client';
import { catalogue, definePublication } from '@vitalwire/protocol';
import * as z from 'zod/mini';

const doseUpdate = definePublication({
  type: 'dose_update',
  summary: 'The dose that a patient takes changed.',
  data: z.object({ dose_mg: z.number() }),
  publish: { body: z.object({ dose_mg: z.number() }), toData: (body) => body, example: { dose_mg: 250 } },
});

const client = createClient({
  url: 'wss://api.example.com/ws',
  getToken: () => 'token',
  onGap: 'ignore',
  catalogue: [...catalogue, doseUpdate],
});
client.subscribe(123).on('dose_update', ({ dose_mg }) => console.log(dose_mg));
