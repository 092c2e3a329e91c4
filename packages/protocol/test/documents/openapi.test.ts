import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { type JsonObject, openApiDocument } from '../../src/documents/index.ts';
import {
  BATCH_PATH,
  batchAnswerSchema,
  batchBodySchema,
  broadcastBodySchema,
  broadcastPath,
  catalogue,
  closeCodes,
  errorBodySchema,
  errorCodes,
  publicationsOf,
} from '../../src/index.ts';
import { part, undescribed, walk } from '../support/document.ts';
import { validatorOf } from '../support/json-schema-validator.ts';

const document = openApiDocument(catalogue);
const publications = publicationsOf(catalogue);

describe('openApiDocument', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('is pure', () => {
    expect(openApiDocument(catalogue)).toEqual(document);
  });

  it('has every endpoint', () => {
    expect(
      Object.entries(part(document, 'paths'))
        .flatMap(([path, item]) => Object.keys(item as object).map((method) => `${method} ${path}`))
        .sort(),
    ).toEqual([
      'get /asyncapi.json',
      'get /docs',
      'get /health',
      'get /metrics',
      'get /openapi.json',
      'get /ready',
      'get /ws',
      'get /ws/status',
      'get /ws/{diagnosis_id}',
      'post /ws/broadcast-batch',
      'post /ws/broadcast-effectiveness-update',
      'post /ws/broadcast-feedback-update',
      'post /ws/broadcast-recommendation-update',
    ]);
  });

  it('names the server relatively, so that it is right under any prefix', () => {
    const [server] = document['servers'] as { url: string }[];
    expect(new URL(server?.url ?? '', 'https://host/prefix/openapi.json').href).toBe('https://host/prefix/');
    expect(
      [...walk(document)].filter(([, value]) => typeof value === 'string' && /^(https?|wss?):/.test(value)),
    ).toEqual([]);
  });

  it('refers only to what it holds', () => {
    for (const [path, value] of walk(document)) {
      if (path.endsWith('/$ref'))
        expect(() => part(document, ...String(value).slice(2).split('/')), path).not.toThrow();
    }
  });

  it('gives every operation an id of its own', () => {
    const ids = [...walk(document)].flatMap(([path, value]) =>
      path.endsWith('/operationId') ? [value] : [],
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(13);
  });

  it('names every HTTP error code at its status, in the body of errors', () => {
    const found = new Map<string, string>();
    for (const [path, value] of walk(document)) {
      const status =
        /\/responses\/(\d{3})\/content\/application\/json\/examples\/([a-z_]+)\/value\/error$/.exec(
          path,
        )?.[1];
      if (status) found.set(String(value), status);
    }
    const shared = part(document, 'components', 'responses');
    for (const [status, name] of [
      ['404', 'NotFound'],
      ['405', 'MethodNotAllowed'],
    ] as const) {
      for (const [path, value] of walk(shared[name]))
        if (path.endsWith('/value/error')) found.set(String(value), status);
    }
    const expected = Object.entries(errorCodes).flatMap(([code, entry]) =>
      'status' in entry ? [[code, String(entry.status)] as const] : [],
    );
    expect(new Map([...found].sort())).toEqual(new Map([...expected].sort()));
  });

  it('shows error bodies as they are', () => {
    const errors = [...walk(document)]
      .filter(([path]) => /\/examples\/[a-z_]+\/value$/.test(path))
      .map(([, value]) => value as JsonObject)
      .filter((value) => 'error' in value);
    expect(errors.length).toBeGreaterThan(20);
    for (const error of errors) expect(errorBodySchema.parse(error)).toEqual(error);
  });

  it('explains every field of every schema', () => {
    expect(undescribed(part(document, 'components', 'schemas'))).toEqual([]);
  });

  describe.each(publications)('POST $type', (definition) => {
    const operation = part(document, 'paths', broadcastPath(definition.type), 'post');

    it('asks for a token', () => {
      expect(operation['security']).toEqual([{ token: [] }]);
      expect(part(document, 'components', 'securitySchemes', 'token')).toMatchObject({
        type: 'http',
        scheme: 'bearer',
      });
    });

    it('takes an idempotency key', () => {
      expect(operation['parameters']).toEqual([
        expect.objectContaining({
          name: 'Idempotency-Key',
          in: 'header',
          schema: expect.objectContaining({ minLength: 1, maxLength: 255 }),
        }),
      ]);
    });

    it('shows bodies that are valid, by its own schema and by the codec', () => {
      const content = part(operation, 'requestBody', 'content', 'application/json');
      const [, name] = /^#\/components\/schemas\/(.+)$/.exec(String(part(content, 'schema')['$ref'])) ?? [];
      const errorsOf = validatorOf(part(document, 'components', 'schemas', name ?? ''));
      const examples = Object.values(part(content, 'examples')) as { value: unknown }[];
      expect(examples.map(({ value }) => errorsOf(value))).toEqual([[], []]);
      for (const { value } of examples) expect(broadcastBodySchema(definition).parse(value)).toEqual(value);
    });

    it('answers with each status that the endpoint has', () => {
      const statuses = Object.keys(part(operation, 'responses'));
      const refused = ['400', '401', '403', '404', '409', '413', '415', '422', '500', '503', '504'];
      expect(statuses).toEqual(['200', ...refused]);
    });

    it('shows an answer that is valid', () => {
      const { value } = part(
        operation,
        'responses',
        200,
        'content',
        'application/json',
        'examples',
        'broadcasted',
      );
      expect(validatorOf(part(document, 'components', 'schemas', 'BroadcastAnswer'))(value)).toEqual([]);
    });

    it('names the headers that come with errors', () => {
      expect(part(operation, 'responses', 401, 'headers')).toHaveProperty('WWW-Authenticate');
      for (const status of [503, 504]) {
        expect(part(operation, 'responses', status, 'headers')).toHaveProperty('Retry-After');
      }
    });
  });

  describe('POST /ws/broadcast-batch', () => {
    const operation = part(document, 'paths', BATCH_PATH, 'post');

    it('shows a body with every type that is valid, by its own schema and by the codec', () => {
      const content = part(operation, 'requestBody', 'content', 'application/json');
      expect(content['schema']).toEqual({ $ref: '#/components/schemas/Batch' });
      const value = part(content, 'examples', 'batch')['value'];
      expect(validatorOf(part(document, 'components', 'schemas', 'Batch'))(value)).toEqual([]);
      expect(batchBodySchema(catalogue).parse(value)).toEqual(value);
      const { messages } = value as { messages: { type: string }[] };
      expect(messages.map(({ type }) => type)).toEqual(publications.map(({ type }) => type));
    });

    it('shows an answer with a message that was published and one that was not', () => {
      const content = part(operation, 'responses', 200, 'content', 'application/json');
      const value = part(content, 'examples', 'results')['value'];
      expect(validatorOf(part(document, 'components', 'schemas', 'BatchAnswer'))(value)).toEqual([]);
      const { results } = batchAnswerSchema.parse(value);
      expect(results.map(({ status }) => status)).toEqual(['broadcasted', 'refused']);
    });

    it('answers with each status that the endpoint has', () => {
      const refused = ['400', '401', '413', '415', '422', '500', '503'];
      expect(Object.keys(part(operation, 'responses'))).toEqual(['200', ...refused]);
    });
  });

  describe('GET /ws/{diagnosis_id}', () => {
    const operation = part(document, 'paths', '/ws/{diagnosis_id}', 'get');

    it('has the address of a plain client', () => {
      const parameters = operation['parameters'] as JsonObject[];
      expect(parameters.map(({ name, in: place, required }) => [name, place, required])).toEqual([
        ['diagnosis_id', 'path', true],
        ['token', 'query', true],
        ['after', 'query', undefined],
      ]);
    });

    it('describes the messages and every close code', () => {
      for (const { type } of catalogue) expect(operation['description']).toContain(`\`${type}\``);
      for (const { code, reason, action } of closeCodes) {
        expect(operation['description']).toContain(`| ${code} | \`${reason}\` | ${action} |`);
      }
    });
  });

  it('describes the handshake of GET /ws', () => {
    const operation = part(document, 'paths', '/ws', 'get');
    expect(Object.keys(part(operation, 'responses'))).toEqual(['101', '400', '403', '404']);
    expect(operation['parameters']).toEqual([
      expect.objectContaining({
        name: 'Sec-WebSocket-Protocol',
        required: true,
        schema: { type: 'string', enum: ['vitalwire.v1'] },
      }),
    ]);
  });

  it('opens GET /ws/status to everybody', () => {
    expect(part(document, 'paths', '/ws/status', 'get')['security']).toEqual([{}, { token: [] }]);
  });
});
