import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnosisIdSchema, parseDiagnosisId } from '../src/index.ts';
import { describeSchema } from './support/describe-schema.ts';

describeSchema('diagnosisIdSchema', diagnosisIdSchema, {
  accepts: { '1': 1, '123': 123, '2^53 - 1': Number.MAX_SAFE_INTEGER },
  rejects: {
    '0': [0, ''],
    '-1': [-1, ''],
    '1.5': [1.5, ''],
    '"abc"': ['abc', ''],
    'digits in a text': ['123', ''],
    '2^53': [2 ** 53, ''],
    NaN: [Number.NaN, ''],
    Infinity: [Number.POSITIVE_INFINITY, ''],
    null: [null, ''],
    nothing: [undefined, ''],
    'a list': [[1], ''],
  },
});

describe('parseDiagnosisId', () => {
  it.each([
    '0',
    '-1',
    '1.5',
    'abc',
    '',
    ' 1',
    '1 ',
    '+1',
    '01',
    '1e3',
    '0x10',
    '1_000',
    '１２',
    '9007199254740992',
    '99999999999999999999',
    '__proto__',
    '1\n',
  ])('refuses %j', (text) => {
    expect(parseDiagnosisId(text)).toBeUndefined();
  });

  it('reads every id from its decimal form', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (id) => {
        expect(parseDiagnosisId(String(id))).toBe(id);
      }),
    );
    expect(parseDiagnosisId('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('reads exactly what the schema accepts', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.bigInt().map(String)), (text) => {
        const id = parseDiagnosisId(text);
        expect(id === undefined || (diagnosisIdSchema.safeParse(id).success && String(id) === text)).toBe(
          true,
        );
      }),
    );
  });
});
