import * as z from 'zod/mini';
import { type Catalogue, publicationsOf } from '../catalogue.ts';
import { messageSchema } from '../codec.ts';
import { commandSchema } from '../commands.ts';
import {
  batchAnswerSchema,
  batchBodySchema,
  broadcastAnswerSchema,
  broadcastBodySchema,
  errorBodySchema,
  statusSchema,
} from '../http.ts';
import { disconnectSignalSchema, errorSignalSchema } from '../signals.ts';
import { describeFields } from './descriptions.ts';

/** A JSON object: a schema, or a part of a document. */
export type JsonObject = { [name: string]: unknown };

/** JSON Schemas by name. */
export type JsonSchemas = {
  /** One a message type, envelope included. */
  messages: Record<string, JsonObject>;
  /** One a command. */
  commands: Record<string, JsonObject>;
  /** `error` and `disconnect`. */
  signals: Record<string, JsonObject>;
  /** The body that publishes a type, by the type; `batch` is the one that publishes many. */
  bodies: Record<string, JsonObject>;
  /** What HTTP endpoints answer: `broadcast`, `batch`, `status` and `error`. */
  answers: Record<'broadcast' | 'batch' | 'status' | 'error', JsonObject>;
};

/** A version of JSON Schema: the current one, or the one that AsyncAPI is built on. */
export type SchemaVersion = 'draft-2020-12' | 'draft-07';

/**
 * The JSON Schemas of a catalogue. They allow unknown fields, because readers ignore them.
 *
 * @param version the version of JSON Schema. @default 'draft-2020-12'
 */
export function jsonSchemas(definitions: Catalogue, version: SchemaVersion = 'draft-2020-12'): JsonSchemas {
  const write = (name: string, schema: z.core.$ZodType) => schemaOf(name, schema, version);
  return {
    messages: Object.fromEntries(
      definitions.map((definition) => [
        definition.type,
        { ...write(definition.type, messageSchema(definition)), description: definition.summary },
      ]),
    ),
    commands: Object.fromEntries(
      commandSchema.def.options.flatMap((option) =>
        option.shape.type.def.values.map((name) => [name, write(name, option)]),
      ),
    ),
    signals: {
      error: write('error', errorSignalSchema),
      disconnect: write('disconnect', disconnectSignalSchema),
    },
    bodies: {
      ...Object.fromEntries(
        publicationsOf(definitions).map((definition) => [
          definition.type,
          { ...write(definition.type, broadcastBodySchema(definition)), description: definition.summary },
        ]),
      ),
      batch: write('batch', batchBodySchema(definitions)),
    },
    answers: {
      broadcast: write('broadcast', broadcastAnswerSchema),
      batch: write('batch', batchAnswerSchema),
      status: write('status', statusSchema),
      error: write('error', errorBodySchema),
    },
  };
}

/** The JSON Schema of what a writer may send. `name` titles it and chooses among the descriptions of its fields. */
export function schemaOf(
  name: string,
  schema: z.core.$ZodType,
  version: SchemaVersion = 'draft-2020-12',
): JsonObject {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    target: version === 'draft-07' ? 'draft-07' : 'draft-2020-12',
    // A field that JSON Schema cannot describe is left open: the document stays usable.
    unrepresentable: 'any',
  });
  return describeFields({ title: name, ...json }, name);
}

/** A schema as a part of a document, which states the version of JSON Schema itself. */
export function embedded({ $schema: _version, ...schema }: JsonObject): JsonObject {
  return schema;
}
