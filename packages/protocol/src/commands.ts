import * as z from 'zod/mini';
import { diagnosisIdSchema } from './diagnosis-id.ts';
import { afterSchema } from './position-schema.ts';

/** An id of the client's choice that the pong repeats. */
export const pingIdSchema = z.union([z.string().check(z.maxLength(64)), z.int()]);

/** What a client may say. Unknown fields are ignored. */
export const commandSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('authenticate'), token: z.string().check(z.minLength(1)) }),
  z.object({ type: z.literal('subscribe'), diagnosis_id: diagnosisIdSchema, after: z.optional(afterSchema) }),
  z.object({ type: z.literal('unsubscribe'), diagnosis_id: diagnosisIdSchema }),
  z.object({ type: z.literal('ping'), id: z.optional(pingIdSchema) }),
]);
export type Command = z.infer<typeof commandSchema>;

/** The names of the commands. */
export const COMMAND_TYPES = ['authenticate', 'subscribe', 'unsubscribe', 'ping'] as const;
