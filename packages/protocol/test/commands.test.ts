import { expect, it } from 'vitest';
import { COMMAND_TYPES, commandSchema } from '../src/index.ts';
import { describeSchema } from './support/describe-schema.ts';

describeSchema('commandSchema', commandSchema, {
  accepts: {
    authenticate: { type: 'authenticate', token: 'a.b.c' },
    subscribe: { type: 'subscribe', diagnosis_id: 123 },
    'subscribe after a position': { type: 'subscribe', diagnosis_id: 123, after: 'e:42' },
    'subscribe after the latest': { type: 'subscribe', diagnosis_id: 123, after: 'latest' },
    unsubscribe: { type: 'unsubscribe', diagnosis_id: 123 },
    ping: { type: 'ping' },
    'ping with a number': { type: 'ping', id: 1 },
    'ping with a text of 64 characters': { type: 'ping', id: 'x'.repeat(64) },
    'ping with an empty text': { type: 'ping', id: '' },
  },
  rejects: {
    'an unknown type': [{ type: 'publish' }, 'type'],
    'a type in capitals': [{ type: 'PING' }, 'type'],
    'a missing type': [{ diagnosis_id: 123 }, 'type'],
    'the name of a message': [{ type: 'pong' }, 'type'],
    'authenticate without a token': [{ type: 'authenticate' }, 'token'],
    'authenticate with an empty token': [{ type: 'authenticate', token: '' }, 'token'],
    'authenticate with a number': [{ type: 'authenticate', token: 1 }, 'token'],
    'subscribe without a diagnosis': [{ type: 'subscribe' }, 'diagnosis_id'],
    'subscribe to 0': [{ type: 'subscribe', diagnosis_id: 0 }, 'diagnosis_id'],
    'subscribe to -1': [{ type: 'subscribe', diagnosis_id: -1 }, 'diagnosis_id'],
    'subscribe to 1.5': [{ type: 'subscribe', diagnosis_id: 1.5 }, 'diagnosis_id'],
    'subscribe to "abc"': [{ type: 'subscribe', diagnosis_id: 'abc' }, 'diagnosis_id'],
    'subscribe to 2^53': [{ type: 'subscribe', diagnosis_id: 2 ** 53 }, 'diagnosis_id'],
    'subscribe with a malformed after': [{ type: 'subscribe', diagnosis_id: 1, after: 'e:-1' }, 'after'],
    'subscribe with an empty after': [{ type: 'subscribe', diagnosis_id: 1, after: '' }, 'after'],
    'subscribe with null as after': [{ type: 'subscribe', diagnosis_id: 1, after: null }, 'after'],
    'unsubscribe without a diagnosis': [{ type: 'unsubscribe' }, 'diagnosis_id'],
    'ping with a fraction': [{ type: 'ping', id: 0.5 }, 'id'],
    'ping with a text of 65 characters': [{ type: 'ping', id: 'x'.repeat(65) }, 'id'],
    'a list': [[], ''],
  },
});

it('names every command', () => {
  const types = commandSchema.def.options.flatMap((option) => option.shape.type.def.values);
  expect(types).toEqual([...COMMAND_TYPES]);
});

it('ignores unknown fields of commands', () => {
  expect(commandSchema.parse({ type: 'ping', id: 1, priority: 'high' })).toEqual({ type: 'ping', id: 1 });
});
