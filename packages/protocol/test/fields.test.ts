import { describe, expect, it } from 'vitest';
import {
  foreignIdSchema,
  openFieldSchema,
  shareSchema,
  textSchema,
  timestampSchema,
  userIdSchema,
} from '../src/fields.ts';
import { describeSchema } from './support/describe-schema.ts';

describeSchema('foreignIdSchema', foreignIdSchema, {
  accepts: {
    'a text': 'rec-7',
    'a text of 255 characters': 'x'.repeat(255),
    'an integer': 7,
    'a negative integer': -7,
    'the name __proto__': '__proto__',
  },
  rejects: {
    'an empty text': ['', ''],
    'a text of 256 characters': ['x'.repeat(256), ''],
    'a fraction': [1.5, ''],
    'an integer that is not safe': [2 ** 53, ''],
    null: [null, ''],
    'an object': [{}, ''],
  },
});

describeSchema('shareSchema', shareSchema, {
  accepts: { '0': 0, '1': 1, 'a fraction': 0.82 },
  rejects: {
    '1.2': [1.2, ''],
    '-0.1': [-0.1, ''],
    text: ['0.5', ''],
    NaN: [Number.NaN, ''],
    'what 1e400 reads as': [JSON.parse('1e400'), ''],
  },
});

describeSchema('userIdSchema', userIdSchema, {
  accepts: { digits: '7', '255 characters': 'u'.repeat(255), __proto__: '__proto__' },
  rejects: { 'a number': [7, ''], 'an empty text': ['', ''], '256 characters': ['u'.repeat(256), ''] },
});

describeSchema('textSchema', textSchema, {
  accepts: { 'a text': 'Valerian', 'a space': ' ' },
  rejects: { 'an empty text': ['', ''], 'a number': [1, ''], null: [null, ''] },
});

describeSchema('timestampSchema', timestampSchema, {
  accepts: { milliseconds: '2026-11-23T09:30:00.000Z', 'whole seconds': '2026-11-23T09:30:00Z' },
  rejects: {
    'another time zone': ['2026-11-23T09:30:00+01:00', ''],
    'no time zone': ['2026-11-23T09:30:00', ''],
    'a day': ['2026-11-23', ''],
    'a number': [1_795_426_200_000, ''],
  },
});

describe('timestampSchema', () => {
  it('accepts what toISOString writes', () => {
    expect(timestampSchema.safeParse(new Date(0).toISOString()).success).toBe(true);
  });
});

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;

describeSchema('openFieldSchema', openFieldSchema, {
  accepts: {
    'any JSON': { a: [1, 'b', null, true, { c: -1.5 }] },
    'an object without prototype': Object.assign(Object.create(null), { a: 1 }),
    'an absent field': undefined,
    'an absent field inside': { a: undefined },
  },
  rejects: {
    'what 1e400 reads as, at any depth': [JSON.parse('{"a":[1e400]}'), ''],
    NaN: [Number.NaN, ''],
    'a bigint': [1n, ''],
    'a function': [() => 1, ''],
    'a date': [new Date(0), ''],
    'a map': [new Map(), ''],
    'nothing in a list': [[undefined], ''],
    'a cycle': [cycle, ''],
  },
});
