import * as z from 'zod/mini';
import { definePublication } from '../definition.ts';
import { foreignIdSchema, shareSchema } from '../fields.ts';

const fields = z.object({
  feedback_id: foreignIdSchema,
  rating: z.int().check(z.minimum(1), z.maximum(5)),
  effectiveness: shareSchema,
  recommendation_id: z.optional(foreignIdSchema),
  comment: z.optional(z.string()),
});

export const feedbackUpdate = definePublication({
  type: 'feedback_update',
  summary: 'A patient gave feedback on a recommendation.',
  data: fields,
  publish: {
    body: fields,
    toData: (body) => body,
    example: {
      feedback_id: 311,
      rating: 4,
      effectiveness: 0.8,
      recommendation_id: 7,
      comment: 'I sleep through again',
    },
  },
});
