import * as z from 'zod/mini';
import { definePublication } from '../definition.ts';
import { foreignIdSchema, shareSchema, textSchema } from '../fields.ts';

const fields = {
  recommendation_id: foreignIdSchema,
  new_effectiveness: shareSchema,
  confidence: shareSchema,
  /** How many observations the effectiveness rests on. */
  sample_size: z.int().check(z.nonnegative()),
  herb: z.optional(textSchema),
  old_effectiveness: z.optional(shareSchema),
};

export const effectivenessUpdate = definePublication({
  type: 'effectiveness_update',
  summary: 'The measured effectiveness of a recommendation changed.',
  data: z.object({
    ...fields,
    /** `new_effectiveness` − `old_effectiveness`, present when the old one is. */
    improvement: z.optional(z.number().check(z.minimum(-1), z.maximum(1))),
  }),
  publish: {
    body: z.object(fields),
    toData: (body) =>
      body.old_effectiveness === undefined
        ? body
        : { ...body, improvement: difference(body.new_effectiveness, body.old_effectiveness) },
    example: {
      recommendation_id: 7,
      new_effectiveness: 0.82,
      confidence: 0.9,
      sample_size: 41,
      herb: 'Valerian',
      old_effectiveness: 0.74,
    },
  },
});

/** Subtracts without showing binary rounding: 0.82 − 0.74 is 0.08, not 0.07999999999999996. */
function difference(a: number, b: number): number {
  return Number((a - b).toFixed(12)) + 0; // + 0 turns -0 into 0
}
