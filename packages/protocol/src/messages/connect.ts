import * as z from 'zod/mini';
import { defineAnswer } from '../definition.ts';
import { userIdSchema } from '../fields.ts';
import { epochSchema, offsetSchema } from '../position-schema.ts';
import { recoverySchema } from '../recovery.ts';

export const connect = defineAnswer({
  type: 'connect',
  summary:
    'Opens a subscription, or reopens it after a gap: where the topic stands, and what became of missed publications.',
  data: z.object({
    message: z.string(),
    user_id: userIdSchema,
    session_id: z.string(),
    /** Epoch and offset of the topic's top. */
    epoch: epochSchema,
    offset: offsetSchema,
    recovery: recoverySchema,
  }),
});
