import type { Catalogue } from '../catalogue.ts';
import type { JsonObject } from './json-schema.ts';

/** The AsyncAPI 3.0 document of the WebSocket endpoints, ready to be served as `asyncapi.json`. */
export function asyncApiDocument(_definitions: Catalogue): JsonObject {
  return { asyncapi: '3.0.0', info: { title: 'Vitalwire', version: '1' }, channels: {}, operations: {} };
}
