// biome-ignore-all lint/style/noRestrictedImports: an example of the README, which names the package as its users do
import { catalogue, definePublication } from '@vitalwire/protocol';
import * as z from 'zod/mini';

export const doseUpdate = definePublication({
  type: 'dose_update', // snake_case; its endpoint is POST /ws/broadcast-dose-update
  summary: 'The dose that a patient takes changed.',
  data: z.object({ dose_mg: z.number() }),
  publish: {
    body: z.object({ dose_mg: z.number() }),
    toData: (body) => body, // pure; may compute fields
    example: { dose_mg: 250 },
  },
});

export const catalogueWithDose = [...catalogue, doseUpdate] as const;
