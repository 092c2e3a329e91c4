import specs from '@asyncapi/specs';
import { Ajv, type AnySchema } from 'ajv';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument, type JsonObject } from '../../src/documents/index.ts';
import {
  COMMAND_TYPES,
  catalogue,
  closeCodes,
  createMessageDecoder,
  decodeCommand,
} from '../../src/index.ts';
import { part, undescribed, walk } from '../support/document.ts';
import { validatorOf } from '../support/json-schema-validator.ts';

const document = asyncApiDocument(catalogue);
const messages = part(document, 'components', 'messages');
const decode = createMessageDecoder(catalogue);

describe('asyncApiDocument', () => {
  it('is valid AsyncAPI 3.0', () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    formats.default(ajv);
    const validate = ajv.compile(specs.schemasWithoutId['3.0.0'] as AnySchema);
    validate(document);
    expect(validate.errors).toBeNull();
    expect(document['asyncapi']).toBe('3.0.0');
  });

  it('is pure', () => {
    expect(asyncApiDocument(catalogue)).toEqual(document);
  });

  it('has both ways in', () => {
    expect(
      Object.values(part(document, 'channels')).map((channel) => (channel as JsonObject)['address']),
    ).toEqual(['/ws/{diagnosis_id}', '/ws']);
  });

  it('lists the close codes', () => {
    expect(document['x-close-codes']).toEqual(closeCodes);
  });

  it('refers only to what it holds', () => {
    for (const [path, value] of walk(document)) {
      if (path.endsWith('/$ref'))
        expect(() => part(document, ...String(value).slice(2).split('/')), path).not.toThrow();
    }
  });

  it('has every message, command and signal', () => {
    expect(Object.keys(messages).sort()).toEqual(
      [...catalogue.map(({ type }) => type), ...COMMAND_TYPES, 'error', 'disconnect'].sort(),
    );
  });

  it.each([
    ['one', ['authenticate', 'ping']],
    ['many', [...COMMAND_TYPES]],
  ])('takes on the channel %s the commands %j, and sends every message', (channel, commands) => {
    const operations = Object.values(part(document, 'operations')) as JsonObject[];
    const here = operations.filter(
      (operation) => part(operation, 'channel')['$ref'] === `#/channels/${channel}`,
    );
    const titles = (action: string) =>
      here.filter((operation) => operation['action'] === action).map(({ title }) => title);
    expect(titles('receive').sort()).toEqual(commands.sort());
    expect(titles('send').sort()).toEqual(
      [...catalogue.map(({ type }) => type), 'error', 'disconnect'].sort(),
    );
  });

  it('asks for the subprotocol on /ws and for a token on /ws/{diagnosis_id}', () => {
    expect(part(document, 'channels', 'many', 'bindings', 'ws', 'headers')['required']).toEqual([
      'Sec-WebSocket-Protocol',
    ]);
    expect(part(document, 'channels', 'one', 'bindings', 'ws', 'query')['required']).toEqual(['token']);
  });

  describe.each(Object.entries(messages))('%s', (name, message) => {
    const { payload, examples } = message as { payload: JsonObject; examples: { payload: object }[] };

    it('has a schema that explains every field', () => {
      expect(payload['type']).toBe('object');
      expect(undescribed(payload)).toEqual([]);
    });

    it('has examples that are valid, by its schema and by the codec', () => {
      const errorsOf = validatorOf(payload, 'draft-07');
      expect(examples.length).toBeGreaterThan(0);
      for (const { payload: example } of examples) {
        expect(errorsOf(example)).toEqual([]);
        const text = JSON.stringify(example);
        if (COMMAND_TYPES.some((type) => type === name)) expect(decodeCommand(text)).toEqual(example);
        else expect(decode(text)).toEqual({ message: example });
      }
    });
  });
});
