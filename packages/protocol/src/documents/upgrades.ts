import type { Catalogue } from '../catalogue.ts';
import { closeCodes } from '../codes.ts';
import { COMMAND_TYPES } from '../commands.ts';
import { diagnosisIdSchema } from '../diagnosis-id.ts';
import { afterSchema } from '../position-schema.ts';
import { SUBPROTOCOL } from '../version.ts';
import { embedded, type JsonObject, schemaOf } from './json-schema.ts';
import { textContent } from './responses.ts';

/** The two WebSocket endpoints as OpenAPI can show them: the handshake, and words for the rest. */
export function upgradePaths(definitions: Catalogue): JsonObject {
  const messages = definitions.map(({ type, summary }) => `- \`${type}\`: ${summary}`).join('\n');
  return {
    '/ws/{diagnosis_id}': {
      get: {
        operationId: 'subscribe_one',
        tags: ['subscribe'],
        summary: 'WebSocket: one diagnosis',
        description: `For any WebSocket client: \`connect\`, then what is queued for it, then live.\n\nMessages:\n${messages}\n\nThe handshake is accepted whatever the token says; a refusal is a close:\n\n${closeTable()}`,
        parameters: [
          {
            name: 'diagnosis_id',
            in: 'path',
            required: true,
            schema: embedded(schemaOf('diagnosis_id', diagnosisIdSchema)),
            example: 123,
          },
          {
            name: 'token',
            in: 'query',
            required: true,
            description:
              'A JSON Web Token. It may reach the access logs of proxies; `GET /ws` keeps it out of the address.',
            schema: { type: 'string' },
          },
          {
            name: 'after',
            in: 'query',
            description:
              'Where the subscription starts: a position (`epoch:offset`), `earliest` or `latest`. Without it: after what the user received last.',
            schema: embedded(schemaOf('after', afterSchema)),
            example: 'earliest',
          },
        ],
        responses: {
          101: { description: 'The WebSocket is open.' },
          ...refusals(),
        },
      },
    },
    '/ws': {
      get: {
        operationId: 'subscribe_many',
        tags: ['subscribe'],
        summary: 'WebSocket: many diagnoses over one connection',
        description: `The way of the SDK. Commands: ${COMMAND_TYPES.map((type) => `\`${type}\``).join(', ')}; the messages and close codes are those of \`/ws/{diagnosis_id}\`. See \`asyncapi.json\`.`,
        parameters: [
          {
            name: 'Sec-WebSocket-Protocol',
            in: 'header',
            required: true,
            description: 'Must offer this subprotocol.',
            schema: { type: 'string', enum: [SUBPROTOCOL] },
          },
        ],
        responses: {
          101: { description: 'The WebSocket is open.' },
          400: { description: `The subprotocol ${SUBPROTOCOL} was not offered.`, content: textContent },
          ...refusals(),
        },
      },
    },
  };
}

function refusals(): JsonObject {
  return {
    403: { description: 'Pages of this `Origin` may not connect.', content: textContent },
    404: { $ref: '#/components/responses/NotFound' },
  };
}

function closeTable(): string {
  const rows = closeCodes.map(({ code, reason, action }) => `| ${code} | \`${reason}\` | ${action} |`);
  return ['| code | reason | the client then |', '| --- | --- | --- |', ...rows].join('\n');
}
