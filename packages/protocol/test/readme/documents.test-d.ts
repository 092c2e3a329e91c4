// biome-ignore-all lint/style/noRestrictedImports: an example of the README, which names the package as its users do
import { catalogue } from '@vitalwire/protocol';
import { asyncApiDocument, jsonSchemas, openApiDocument } from '@vitalwire/protocol/documents';

jsonSchemas(catalogue).messages['feedback_update']; // JSON Schema, draft 2020-12
openApiDocument(catalogue); // OpenAPI 3.1 of the HTTP endpoints
asyncApiDocument(catalogue); // AsyncAPI 3.0 of the WebSocket endpoints
