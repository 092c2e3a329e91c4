import { catalogue, definePublication } from '@vitalwire/protocol';
import * as z from 'zod/mini';

/** A sixth message type: everything there is to write for one. */
export const doseUpdate = definePublication({
  type: 'dose_update',
  summary: 'The dose of a herb changed.',
  data: z.object({ herb: z.string(), grams: z.number(), doubled: z.boolean() }),
  publish: {
    body: z.object({
      herb: z.string().check(z.minLength(1)),
      grams: z.number().check(z.positive()),
      before: z.number(),
    }),
    toData: ({ herb, grams, before }) => ({ herb, grams, doubled: grams === 2 * before }),
    example: { herb: 'Valerian', grams: 4, before: 2 },
  },
});

export const clinicCatalogue = [...catalogue, doseUpdate] as const;
