import * as z from 'zod/mini';
import { catalogue, definePublication } from '../../src/index.ts';

/** A sixth message type, defined as an application would: one file. */
export const doseUpdate = definePublication({
  type: 'dose_update',
  summary: 'The dose that a patient takes changed.',
  data: z.object({
    dose_mg: z.number().check(z.positive()),
    previous_mg: z.optional(z.number().check(z.positive())),
    change_mg: z.number(),
  }),
  publish: {
    body: z.object({
      dose_mg: z.number().check(z.positive()),
      previous_mg: z.optional(z.number().check(z.positive())),
    }),
    toData: (body) => ({ ...body, change_mg: body.dose_mg - (body.previous_mg ?? 0) }),
    example: { dose_mg: 250, previous_mg: 200 },
  },
});

/** … and one line. */
export const extendedCatalogue = [...catalogue, doseUpdate] as const;
