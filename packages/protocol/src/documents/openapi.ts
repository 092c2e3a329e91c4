import { type Catalogue, type PublicationDefinition, publicationsOf } from '../catalogue.ts';
import {
  BATCH_PATH,
  broadcastPath,
  IDEMPOTENCY_HEADER,
  idempotencyKeySchema,
  MAX_BATCH_MESSAGES,
} from '../http.ts';
import { WIRE_VERSION } from '../version.ts';
import {
  batchAnswerExample,
  batchExample,
  bodyExample,
  broadcastAnswerExample,
  statusExample,
} from './examples.ts';
import { embedded, type JsonObject, type JsonSchemas, jsonSchemas, schemaOf } from './json-schema.ts';
import { errorResponses, jsonContent, sharedResponses, textContent } from './responses.ts';
import { upgradePaths } from './upgrades.ts';

const DESCRIPTION = `Live diagnosis updates: backends publish by HTTP, subscribers receive by WebSocket each update once
and in order, also those published while they were away.

PROTOCOL.md of the package \`@vitalwire/protocol\` is normative. The WebSocket endpoints are described in full by
\`asyncapi.json\`, which is served beside this document. Every error has the body \`Error\`.`;

/**
 * The OpenAPI 3.1 document of the HTTP endpoints, ready to be served as `openapi.json`. Its server is relative to the
 * place where it is served, so it is right under any prefix.
 */
export function openApiDocument(definitions: Catalogue): JsonObject {
  const schemas = jsonSchemas(definitions);
  return {
    openapi: '3.1.0',
    info: { title: 'Vitalwire', version: String(WIRE_VERSION), description: DESCRIPTION },
    servers: [{ url: '.', description: 'The server of this document' }],
    tags: [
      {
        name: 'publish',
        description: 'For backends: what is published reaches every subscriber of the diagnosis.',
      },
      { name: 'subscribe', description: 'WebSocket endpoints. They cannot be tried from this page.' },
      { name: 'operate', description: 'For those who run the server.' },
    ],
    paths: {
      ...Object.fromEntries(
        publicationsOf(definitions).map((definition) => [
          broadcastPath(definition.type),
          { post: publishOperation(definition) },
        ]),
      ),
      [BATCH_PATH]: { post: batchOperation(definitions) },
      ...upgradePaths(definitions),
      ...operatePaths(),
    },
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'Claims: `sub` and `exp` (required), `diagnoses` (list of the ids that the user owns), `scope` (`broadcast` may publish to every diagnosis).',
        },
      },
      schemas: componentSchemas(definitions, schemas),
      responses: sharedResponses(),
    },
  };
}

function publishOperation(definition: PublicationDefinition): JsonObject {
  const { type, summary } = definition;
  return {
    operationId: `broadcast_${type}`,
    tags: ['publish'],
    summary: `Publishes ${type}`,
    description: `${summary} Answered when the publication is durable; an error means that nobody receives it, except for 504, which leaves it open. A retry with the same ${IDEMPOTENCY_HEADER} is safe.`,
    security: [{ token: [] }],
    parameters: [
      {
        name: IDEMPOTENCY_HEADER,
        in: 'header',
        description:
          'Makes a retry return the first answer instead of publishing twice. Belongs to the `sub` of the token, the diagnosis and this endpoint; kept for 7 days unless the server says otherwise.',
        schema: embedded(schemaOf(IDEMPOTENCY_HEADER, idempotencyKeySchema)),
        example: 'measurement-2026-11-23-7',
      },
    ],
    requestBody: {
      required: true,
      content: jsonContent(`${pascalCase(type)}Body`, {
        everybody: { summary: 'To everybody who may see the diagnosis', value: bodyExample(definition) },
        addressed: { summary: 'To one user', value: { ...bodyExample(definition), to: '7' } },
      }),
    },
    responses: {
      200: {
        description: 'Published, or published before with the same key.',
        content: jsonContent('BroadcastAnswer', { broadcasted: { value: broadcastAnswerExample } }),
      },
      ...errorResponses([
        'invalid_json',
        'invalid_token',
        'access_denied',
        'diagnosis_not_found',
        'idempotency_conflict',
        'body_too_big',
        'unsupported_media_type',
        'invalid_body',
        'internal_error',
        'unavailable',
        'outcome_unknown',
      ]),
    },
  };
}

function batchOperation(definitions: Catalogue): JsonObject {
  return {
    operationId: 'broadcast_batch',
    tags: ['publish'],
    summary: `Publishes up to ${MAX_BATCH_MESSAGES} messages`,
    description:
      'Each message is judged for itself, and answered in its place as the endpoint of its type would: one that is refused does not stop the others, and 200 does not say that all were published. Messages of one diagnosis are published in their order. Answered when all are durable.',
    security: [{ token: [] }],
    requestBody: {
      required: true,
      content: jsonContent('Batch', {
        batch: { summary: 'One of every type', value: batchExample(definitions) },
      }),
    },
    responses: {
      200: {
        description: 'What became of each message.',
        content: jsonContent('BatchAnswer', { results: { value: batchAnswerExample } }),
      },
      ...errorResponses([
        'invalid_json',
        'invalid_token',
        'body_too_big',
        'unsupported_media_type',
        'invalid_body',
        'internal_error',
        'unavailable',
      ]),
    },
  };
}

function operatePaths(): JsonObject {
  const operation = (operationId: string, summary: string, responses: JsonObject) => ({
    get: { operationId, tags: ['operate'], summary, responses },
  });
  const ok = (description: string, content: JsonObject) => ({ 200: { description, content } });
  const health = { type: 'object', properties: { status: { type: 'string' } }, required: ['status'] };
  const healthy = { 'application/json': { schema: health, example: { status: 'ok' } } };
  return {
    '/ws/status': {
      get: {
        operationId: 'status',
        tags: ['operate'],
        summary: 'Counts connections and publications that wait',
        description:
          'Open for everybody; the two maps name diagnoses, so they are filled only for a token with the scope `broadcast`.',
        security: [{}, { token: [] }],
        responses: {
          ...ok('What is connected now.', jsonContent('Status', { status: { value: statusExample } })),
          ...errorResponses(['invalid_token', 'internal_error', 'unavailable']),
        },
      },
    },
    '/health': operation('health', 'Tells that the process answers', ok('It does.', healthy)),
    '/ready': operation('ready', 'Tells whether the server can do its work', {
      ...ok('It can.', healthy),
      ...errorResponses(['unavailable']),
    }),
    '/metrics': operation(
      'metrics',
      'Metrics in the text format of Prometheus',
      ok('Counts; no ids.', textContent),
    ),
    '/docs': operation('docs', 'An interactive page of this document', ok('HTML.', { 'text/html': {} })),
    '/openapi.json': operation('openapi', 'This document', ok('OpenAPI 3.1.', { 'application/json': {} })),
    '/asyncapi.json': operation(
      'asyncapi',
      'The WebSocket endpoints as a document',
      ok('AsyncAPI 3.0.', { 'application/json': {} }),
    ),
  };
}

function componentSchemas(definitions: Catalogue, schemas: JsonSchemas): JsonObject {
  const messages = definitions.map(({ type }) => [pascalCase(type), schemas.messages[type]]);
  const bodies = publicationsOf(definitions).map(({ type }) => [
    `${pascalCase(type)}Body`,
    schemas.bodies[type],
  ]);
  const all: Record<string, JsonObject> = {
    ...Object.fromEntries([...bodies, ...messages]),
    Batch: schemas.bodies['batch'] ?? {},
    BroadcastAnswer: schemas.answers.broadcast,
    BatchAnswer: schemas.answers.batch,
    Status: schemas.answers.status,
    Error: schemas.answers.error,
  };
  return Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, embedded(schema)]));
}

function pascalCase(type: string): string {
  return type.replace(/(?:^|_)([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
