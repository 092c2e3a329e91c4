import type * as z from 'zod/mini';

/** Any object schema of `zod/mini`. */
export type ObjectSchema = z.ZodMiniObject;

/** How a message type is published: the body that a publisher sends, and the pure step from it to the wire data. */
export interface Publishing<Data = unknown, Body extends ObjectSchema = ObjectSchema> {
  /** Taken names: `diagnosis_id` and `to`, and in a batch `type` and `idempotency_key`. */
  readonly body: Body;
  toData(body: z.output<Body>): Data;
  /** A valid body, shown in the documents. */
  readonly example: z.input<Body>;
}

/**
 * One message type, defined once. Validation on both ends, typed handlers, the broadcast method, the HTTP endpoint and
 * the documents are derived from it.
 */
export interface MessageDefinition<
  Type extends string = string,
  Data extends ObjectSchema = ObjectSchema,
  Publish extends Publishing | undefined = Publishing | undefined,
> {
  readonly type: Type;
  /** One sentence for the documents. */
  readonly summary: string;
  /** Schema of `data` on the wire. */
  readonly data: Data;
  /** Present when the type is a publication. */
  readonly publish: Publish;
}

/** Defines a message that the server sends about the connection or the subscription; it has no offset. */
export function defineAnswer<const Type extends string, Data extends ObjectSchema>(definition: {
  type: Type;
  summary: string;
  data: Data;
}): MessageDefinition<Type, Data, undefined> {
  return { ...definition, publish: undefined };
}

/** Defines a message that backends publish: it is kept in the log of its diagnosis and carries a position. */
export function definePublication<
  const Type extends string,
  Data extends ObjectSchema,
  Body extends ObjectSchema,
>(definition: {
  type: Type;
  summary: string;
  data: Data;
  publish: Publishing<z.output<Data>, Body>;
}): MessageDefinition<Type, Data, Publishing<z.output<Data>, Body>> {
  return definition;
}
