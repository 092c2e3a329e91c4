import * as z from 'zod/mini';
import { type Catalogue, type PublicationDefinition, publicationsOf } from './catalogue.ts';
import { diagnosisIdSchema } from './diagnosis-id.ts';
import { userIdSchema } from './fields.ts';
import { epochSchema, offsetSchema } from './position-schema.ts';

/** Request header that makes a retry return the first answer instead of publishing twice: 1 to 255 characters. */
export const IDEMPOTENCY_HEADER = 'Idempotency-Key';

/** What that header may hold. */
export const idempotencyKeySchema = z.string().check(z.minLength(1), z.maxLength(255));

/** The path that publishes one type, for example `/ws/broadcast-effectiveness-update`. */
export function broadcastPath(type: string): string {
  return `/ws/broadcast-${type.replaceAll('_', '-')}`;
}

/** What is said about a publication besides its own fields. */
export const addressSchema = z.object({
  diagnosis_id: diagnosisIdSchema,
  /** When given, only this user's sessions receive the publication; it keeps its place in the order. */
  to: z.optional(userIdSchema),
});

/** The body that publishes one type. */
export function broadcastBodySchema(definition: PublicationDefinition): z.ZodMiniObject {
  return z.extend(definition.publish.body, addressSchema.shape);
}

/** The answer to a publish: the publication is in the log, at this place. */
export const broadcastAnswerSchema = z.object({
  status: z.literal('broadcasted'),
  diagnosis_id: diagnosisIdSchema,
  /** Connected subscribers that may see it, when it was published. */
  clients_notified: z.int().check(z.nonnegative()),
  offset: offsetSchema,
  epoch: epochSchema,
});
export type BroadcastAnswer = z.infer<typeof broadcastAnswerSchema>;

/** The path that publishes many messages at once. */
export const BATCH_PATH = '/ws/broadcast-batch';

/** Most messages of one batch. */
export const MAX_BATCH_MESSAGES = 1_000;

/** The body that publishes many, before each of its messages is looked at. */
export const batchSchema = z.object({
  messages: z.array(z.unknown()).check(z.minLength(1), z.maxLength(MAX_BATCH_MESSAGES)),
});

/** One message of a batch: what the endpoint of its type takes, its type, and optionally its idempotency key. */
export function batchMessageSchema(definition: PublicationDefinition): z.ZodMiniObject {
  return z.extend(broadcastBodySchema(definition), {
    type: z.literal(definition.type),
    idempotency_key: z.optional(idempotencyKeySchema),
  });
}

/** The body that publishes many, whole. A server judges each message for itself instead. */
export function batchBodySchema(definitions: Catalogue): z.ZodMiniType {
  const messages = publicationsOf(definitions).map(batchMessageSchema);
  return z.extend(batchSchema, {
    messages: z.array(z.union(messages)).check(z.minLength(1), z.maxLength(MAX_BATCH_MESSAGES)),
  });
}

const countByDiagnosis = z.record(z.string(), z.int());

/** The answer of `GET /ws/status`. */
export const statusSchema = z.object({
  /** Diagnoses with at least one connection. */
  total_diagnoses: z.int(),
  total_connections: z.int(),
  connections_by_diagnosis: countByDiagnosis,
  /** Retained publications that nobody has received yet. */
  queued_messages_by_diagnosis: countByDiagnosis,
});
export type Status = z.infer<typeof statusSchema>;

/** The body of every HTTP error. */
export const errorBodySchema = z.object({
  error: z.string(),
  message: z.string(),
  /** The offending fields of an invalid body. */
  issues: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** What became of one message of a batch: the answer of its type's endpoint, or the error that it would have got there. */
export const batchResultSchema = z.discriminatedUnion('status', [
  broadcastAnswerSchema,
  z.extend(errorBodySchema, { status: z.literal('refused') }),
]);
export type BatchResult = z.infer<typeof batchResultSchema>;

/** The answer to a batch: what became of each message, in their order. */
export const batchAnswerSchema = z.object({ results: z.array(batchResultSchema) });
export type BatchAnswer = z.infer<typeof batchAnswerSchema>;
