import { type Catalogue, type PublicationDefinition, publicationsOf } from '../catalogue.ts';
import { closeCodes } from '../codes.ts';
import { COMMAND_TYPES } from '../commands.ts';
import { afterSchema } from '../position-schema.ts';
import { SUBPROTOCOL, WIRE_VERSION } from '../version.ts';
import { answerExamples, commandExamples, publicationExample, signalExamples } from './examples.ts';
import { embedded, type JsonObject, jsonSchemas, schemaOf } from './json-schema.ts';

const DESCRIPTION = `Live diagnosis updates over WebSocket: \`connect\`, then what is queued, then live. Every frame is one JSON text.
Backends publish by HTTP, see \`openapi.json\`. PROTOCOL.md of the package \`@vitalwire/protocol\` is normative.`;

/** What both endpoints take; the others are for `/ws` only. */
const COMMON_COMMANDS: readonly string[] = ['authenticate', 'ping'];

/** The AsyncAPI 3.0 document of the WebSocket endpoints, ready to be served as `asyncapi.json`. */
export function asyncApiDocument(definitions: Catalogue): JsonObject {
  const sent = [...definitions.map(({ type }) => type), 'error', 'disconnect'];
  return {
    asyncapi: '3.0.0',
    info: { title: 'Vitalwire', version: String(WIRE_VERSION), description: DESCRIPTION },
    defaultContentType: 'application/json',
    servers: { vitalwire: server('ws'), vitalwireSecure: server('wss') },
    channels: {
      one: {
        address: '/ws/{diagnosis_id}',
        title: 'One diagnosis',
        description: 'For any WebSocket client.',
        parameters: {
          diagnosis_id: { description: 'The diagnosis, from 1 to 2^53 − 1.', examples: ['123'] },
        },
        messages: references([...sent, ...COMMON_COMMANDS]),
        bindings: { ws: { method: 'GET', query: addressQuery(), bindingVersion: '0.1.0' } },
      },
      many: {
        address: '/ws',
        title: 'Many diagnoses over one connection',
        description: 'The way of the SDK.',
        messages: references([...sent, ...COMMAND_TYPES]),
        bindings: { ws: { method: 'GET', headers: subprotocolHeader(), bindingVersion: '0.1.0' } },
      },
    },
    operations: {
      ...operations('one', sent, COMMON_COMMANDS),
      ...operations('many', sent, COMMAND_TYPES),
    },
    components: { messages: messages(definitions) },
    // AsyncAPI has no word for how a connection ends.
    'x-close-codes': closeCodes,
  };
}

function server(protocol: 'ws' | 'wss'): JsonObject {
  return {
    host: '{host}',
    pathname: '{prefix}',
    protocol,
    variables: {
      host: { default: 'localhost:8000', description: 'Where the server is.' },
      prefix: {
        default: '',
        description: 'The path in front of `/ws`, where the server is attached under one.',
      },
    },
  };
}

function addressQuery(): JsonObject {
  return {
    type: 'object',
    properties: {
      token: { type: 'string', description: 'A JSON Web Token.' },
      after: {
        description: 'Where the subscription starts. Without it: after what the user received last.',
        ...embedded(schemaOf('after', afterSchema, 'draft-07')),
      },
    },
    required: ['token'],
  };
}

function subprotocolHeader(): JsonObject {
  return {
    type: 'object',
    properties: { 'Sec-WebSocket-Protocol': { type: 'string', const: SUBPROTOCOL } },
    required: ['Sec-WebSocket-Protocol'],
  };
}

/** One operation a message and a command; `send` and `receive` are the server's view. */
function operations(channel: string, sent: readonly string[], received: readonly string[]): JsonObject {
  const operation = (action: 'send' | 'receive', name: string) => [
    `${action}_${name}_${channel}`,
    {
      action,
      channel: { $ref: `#/channels/${channel}` },
      title: name,
      messages: [{ $ref: `#/channels/${channel}/messages/${name}` }],
    },
  ];
  return Object.fromEntries([
    ...sent.map((name) => operation('send', name)),
    ...received.map((name) => operation('receive', name)),
  ]);
}

function references(names: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

function messages(definitions: Catalogue): JsonObject {
  const schemas = jsonSchemas(definitions, 'draft-07');
  const publications = new Map(
    publicationsOf(definitions).map((definition) => [definition.type, definition]),
  );
  const message = (
    name: string,
    payload: JsonObject | undefined,
    examples: readonly object[],
    summary?: string,
  ) => [
    name,
    {
      name,
      title: name,
      ...(summary !== undefined && { summary }),
      payload: embedded(payload ?? {}),
      examples: examples.map((example) => ({ payload: example })),
    },
  ];
  return Object.fromEntries([
    ...definitions.map(({ type, summary }) =>
      message(type, schemas.messages[type], examplesOf(type, publications.get(type)), summary),
    ),
    ...COMMAND_TYPES.map((type) => message(type, schemas.commands[type], commandExamples[type])),
    message(
      'error',
      schemas.signals['error'],
      [signalExamples.error],
      'Refuses one command; the connection goes on.',
    ),
    message(
      'disconnect',
      schemas.signals['disconnect'],
      [signalExamples.disconnect],
      'Says goodbye before the close.',
    ),
  ]);
}

function examplesOf(type: string, definition: PublicationDefinition | undefined): readonly object[] {
  return definition ? [publicationExample(definition)] : (answerExamples[type] ?? []);
}
