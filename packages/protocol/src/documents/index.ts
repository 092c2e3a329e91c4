export { asyncApiDocument } from './asyncapi.ts';
export { type JsonObject, type JsonSchemas, jsonSchemas, type SchemaVersion } from './json-schema.ts';
export { openApiDocument } from './openapi.ts';
