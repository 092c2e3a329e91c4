export { asyncApiDocument } from './asyncapi.ts';
export { type JsonSchemas, jsonSchemas } from './json-schema.ts';
export { openApiDocument } from './openapi.ts';
