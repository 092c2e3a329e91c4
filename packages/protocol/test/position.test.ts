import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterSchema,
  epochSchema,
  formatAfter,
  formatPosition,
  offsetSchema,
  parseAfter,
  parsePosition,
  positionSchema,
} from '../src/index.ts';
import { arbitraryOf } from './support/arbitrary.ts';
import { describeSchema } from './support/describe-schema.ts';

const MAX_OFFSET = 999_999_999_999_999;

describeSchema('offsetSchema', offsetSchema, {
  accepts: { '0, before the first': 0, '1': 1, 'the greatest': MAX_OFFSET },
  rejects: {
    '-1': [-1, ''],
    '1.5': [1.5, ''],
    'more than a position can hold': [MAX_OFFSET + 1, ''],
    text: ['1', ''],
  },
});

describeSchema('epochSchema', epochSchema, {
  accepts: { letters: 'Vd2kQ8xw', 'all kinds of characters': 'aZ09_-', '64 characters': 'e'.repeat(64) },
  rejects: {
    'an empty text': ['', ''],
    '65 characters': ['e'.repeat(65), ''],
    'a colon': ['a:b', ''],
    'a quote, which would break out of the frame': ['a"', ''],
    'a backslash': ['a\\', ''],
    'a letter beyond ASCII': ['é', ''],
    'a line break at the end': ['a\n', ''],
    'a number': [1, ''],
  },
});

const malformed = {
  'no colon': 'abc',
  'no epoch': ':1',
  'no offset': 'abc:',
  'a leading zero': 'abc:01',
  'a negative offset': 'abc:-1',
  'a fraction': 'abc:1.5',
  'an exponent': 'abc:1e3',
  'an offset beyond the greatest': 'abc:1000000000000000',
  'two colons': 'abc:1:2',
  'a space': 'abc: 1',
  'a line break at the end': 'abc:1\n',
  'an epoch of 65 characters': `${'e'.repeat(65)}:1`,
  'an empty text': '',
  'another start': 'oldest',
  'a start in capitals': 'LATEST',
};

describeSchema('positionSchema', positionSchema, {
  accepts: {
    'epoch and offset': 'Vd2kQ8xw:42',
    'the start of a log': 'e:0',
    'the greatest offset': `e:${MAX_OFFSET}`,
  },
  rejects: {
    ...Object.fromEntries(Object.entries(malformed).map(([what, text]) => [what, [text, '']])),
    'a symbolic start': ['latest', ''],
    'a number': [42, ''],
  },
});

describeSchema('afterSchema', afterSchema, {
  accepts: { 'a position': 'Vd2kQ8xw:42', latest: 'latest', earliest: 'earliest' },
  rejects: Object.fromEntries(Object.entries(malformed).map(([what, text]) => [what, [text, '']])),
});

const position = fc.record({
  epoch: arbitraryOf(epochSchema),
  offset: arbitraryOf(offsetSchema),
}) as fc.Arbitrary<{
  epoch: string;
  offset: number;
}>;

describe('parsePosition', () => {
  it('reads what formatPosition writes', () => {
    fc.assert(
      fc.property(position, (held) => {
        expect(parsePosition(formatPosition(held))).toEqual(held);
        expect(positionSchema.safeParse(formatPosition(held)).success).toBe(true);
      }),
    );
  });

  it.each(Object.entries(malformed))('refuses %s', (_what, text) => {
    expect(parsePosition(text)).toBeUndefined();
  });

  it('refuses what formatPosition does not write', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\w:-]{1,20}$/)), (text) => {
        const read = parsePosition(text);
        expect(read === undefined || formatPosition(read) === text).toBe(true);
      }),
    );
  });
});

describe('parseAfter', () => {
  it('reads what formatAfter writes', () => {
    fc.assert(
      fc.property(fc.oneof(position, fc.constantFrom('latest' as const, 'earliest' as const)), (after) => {
        expect(parseAfter(formatAfter(after))).toEqual(after);
      }),
    );
  });

  it.each(Object.entries(malformed))('refuses %s', (_what, text) => {
    expect(parseAfter(text)).toBeUndefined();
  });
});
