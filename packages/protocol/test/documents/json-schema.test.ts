import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { jsonSchemas } from '../../src/documents/index.ts';
import { embedded, schemaOf } from '../../src/documents/json-schema.ts';
import {
  batchAnswerSchema,
  batchBodySchema,
  broadcastAnswerSchema,
  broadcastBodySchema,
  COMMAND_TYPES,
  catalogue,
  commandSchema,
  createMessageDecoder,
  messageSchema,
  publicationsOf,
  statusSchema,
} from '../../src/index.ts';
import { arbitraryOf } from '../support/arbitrary.ts';
import { undescribed } from '../support/document.ts';
import { validatorOf } from '../support/json-schema-validator.ts';

const schemas = jsonSchemas(catalogue);
const all = Object.entries(schemas).flatMap(([group, byName]) =>
  Object.entries(byName).map(([name, schema]) => [group, name, schema] as const),
);

describe('jsonSchemas', () => {
  it('has a schema for every message, command, signal, body and answer', () => {
    expect(Object.keys(schemas.messages)).toEqual(catalogue.map(({ type }) => type));
    expect(Object.keys(schemas.commands)).toEqual([...COMMAND_TYPES]);
    expect(Object.keys(schemas.signals)).toEqual(['error', 'disconnect']);
    expect(Object.keys(schemas.bodies)).toEqual([
      ...publicationsOf(catalogue).map(({ type }) => type),
      'batch',
    ]);
    expect(Object.keys(schemas.answers)).toEqual(['broadcast', 'batch', 'status', 'error']);
  });

  it.each(all)('is draft 2020-12 and compiles: %s %s', (_group, name, schema) => {
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema['title']).toBe(name);
    expect(() => validatorOf(schema)).not.toThrow();
  });

  it.each(all)('explains every field: %s %s', (_group, _name, schema) => {
    expect(undescribed(schema)).toEqual([]);
  });

  it('is draft-07 when that is asked for', () => {
    const old = jsonSchemas(catalogue, 'draft-07');
    expect(old.messages['pong']?.['$schema']).toBe('http://json-schema.org/draft-07/schema#');
    expect(() => validatorOf(old.messages['pong'] ?? {}, 'draft-07')).not.toThrow();
  });

  describe.each([
    ...catalogue.map(
      (definition) =>
        [definition.type, messageSchema(definition), schemas.messages[definition.type]] as const,
    ),
    ...publicationsOf(catalogue).map(
      (definition) =>
        [
          `body of ${definition.type}`,
          broadcastBodySchema(definition),
          schemas.bodies[definition.type],
        ] as const,
    ),
    ...commandSchema.def.options.map(
      (option, i) =>
        [`command ${COMMAND_TYPES[i]}`, option, schemas.commands[COMMAND_TYPES[i] ?? '']] as const,
    ),
    ['answer of a publish', broadcastAnswerSchema, schemas.answers.broadcast] as const,
    ['body of a batch', batchBodySchema(catalogue), schemas.bodies['batch']] as const,
    ['answer of a batch', batchAnswerSchema, schemas.answers.batch] as const,
    ['status', statusSchema, schemas.answers.status] as const,
  ])('%s', (_name, schema, jsonSchema) => {
    const errorsOf = validatorOf(jsonSchema ?? {});

    it('accepts what the zod schema accepts', () => {
      fc.assert(
        fc.property(arbitraryOf(schema), (value) => {
          // Lone surrogates count differently in JSON Schema, whose texts are made of characters.
          expect(errorsOf(JSON.parse(JSON.stringify(value).replaceAll(/\\ud[89a-f]../gi, 'x')))).toEqual([]);
        }),
      );
    });

    it('accepts fields that it does not know', () => {
      fc.assert(
        fc.property(arbitraryOf(schema), (value) => {
          expect(
            errorsOf({ ...(value as object), later_version: true }).map(({ keyword }) => keyword),
          ).toEqual([]);
        }),
        { numRuns: 5 },
      );
    });

    it('refuses what the zod schema refuses, as far as JSON goes', () => {
      fc.assert(
        fc.property(arbitraryOf(schema), fc.jsonValue(), fc.nat(), (value, replacement, index) => {
          const fields = Object.keys(value as object);
          const name = fields[index % Math.max(fields.length, 1)] ?? 'type';
          const changed = { ...(value as object), [name]: replacement };
          if (!schema.safeParse(changed).success) expect(errorsOf(changed)).not.toEqual([]);
        }),
      );
    });
  });
});

describe('schemaOf', () => {
  it('keeps a description that the schema has itself', () => {
    const schema = z.object({ rating: z.int().check(z.describe('My own words.')) });
    expect(schemaOf('x', schema)).toMatchObject({ properties: { rating: { description: 'My own words.' } } });
  });

  it('leaves open what JSON Schema cannot describe', () => {
    expect(schemaOf('x', z.object({ at: z.date() }))).toMatchObject({ properties: { at: {} } });
  });
});

describe('embedded', () => {
  it('leaves out the version', () => {
    expect(embedded({ $schema: 'x', type: 'object' })).toEqual({ type: 'object' });
  });
});

describe('a message that a validator of JSON Schema accepts', () => {
  it('is accepted by the codec: an example from outside', () => {
    const message = {
      type: 'feedback_update',
      diagnosis_id: 1,
      data: { feedback_id: 1, rating: 5, effectiveness: 1 },
      timestamp: '2026-11-23T09:30:00Z',
      epoch: 'e',
      offset: 1,
    };
    expect(validatorOf(schemas.messages['feedback_update'] ?? {})(message)).toEqual([]);
    expect(createMessageDecoder(catalogue)(JSON.stringify(message))).toEqual({ message });
  });
});
