import type { Catalogue } from '../catalogue.ts';

/** A JSON object: a schema, or a part of a document. */
export type JsonObject = { [name: string]: unknown };

/** JSON Schemas (draft 2020-12) by name. */
export type JsonSchemas = {
  /** One schema a message type, envelope included, by the type's name. */
  messages: Record<string, JsonObject>;
  /** One schema a command, by the command's name. */
  commands: Record<string, JsonObject>;
  /** `error` and `disconnect`. */
  signals: Record<string, JsonObject>;
  /** The bodies of the HTTP endpoints. */
  http: Record<string, JsonObject>;
};

/** The JSON Schemas of a catalogue. Unknown fields are allowed, because readers ignore them. */
export function jsonSchemas(_definitions: Catalogue): JsonSchemas {
  return { messages: {}, commands: {}, signals: {}, http: {} };
}
