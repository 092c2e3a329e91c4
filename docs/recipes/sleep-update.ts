import { catalogue, definePublication } from '@vitalwire/protocol';
import * as z from 'zod/mini';

const fields = z.object({
  hours: z.number().check(z.minimum(0), z.maximum(24)),
  note: z.optional(z.string()),
});

export const sleepUpdate = definePublication({
  type: 'sleep_update',
  summary: 'How long the patient slept.',
  data: fields,
  publish: { body: fields, toData: (body) => body, example: { hours: 7.5 } },
});

/** Give this to `createServer` and to `createClient`. */
export const ourCatalogue = [...catalogue, sleepUpdate] as const;
