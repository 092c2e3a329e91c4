import * as z from 'zod/mini';
import { diagnosisIdSchema } from './diagnosis-id.ts';

/** Refuses one command; the connection and its other subscriptions go on. */
export const errorSignalSchema = z.object({
  type: z.literal('error'),
  code: z.string(),
  message: z.string(),
  diagnosis_id: z.optional(diagnosisIdSchema),
});
export type ErrorSignal = z.infer<typeof errorSignalSchema>;

/** Says goodbye before the close frame, because not every client can read that. */
export const disconnectSignalSchema = z.object({
  type: z.literal('disconnect'),
  code: z.int(),
  reason: z.string(),
  /** Whether trying again can help. */
  reconnect: z.boolean(),
  /** Reconnect at a random moment within this many milliseconds. */
  retry_after_ms: z.optional(z.int().check(z.nonnegative())),
});
export type DisconnectSignal = z.infer<typeof disconnectSignalSchema>;
