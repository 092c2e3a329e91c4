import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NESTING, nestsTooDeep, ProtocolError, parseJson } from '../src/index.ts';
import { isJsonValue } from '../src/json.ts';
import { anyText } from './support/arbitrary.ts';

const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('parseJson', () => {
  it('reads any JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    '',
    ' ',
    '{',
    '}',
    '[1,]',
    '{a:1}',
    "{'a':1}",
    'undefined',
    'NaN',
    '{"a":1}x',
    '\u{feff}{}',
    '"\n"',
    '01',
  ])('refuses %j as invalid_json', (text) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'invalid_json' }));
  });

  it('does not quote the text when it refuses it', () => {
    expect(() => parseJson('{"patient":"Ada"')).toThrow(new ProtocolError('invalid_json', 'not valid JSON'));
  });

  it('throws nothing but a ProtocolError, whatever the text', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 200 }), (text) => {
        try {
          parseJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  describe('at the limit of nesting', () => {
    it.each([lists, objects])('accepts 64 levels and refuses 65: %o', (nest) => {
      expect(MAX_NESTING).toBe(64);
      expect(parseJson(nest(64))).toEqual(JSON.parse(nest(64)));
      expect(() => parseJson(nest(65))).toThrow(
        new ProtocolError('invalid_json', 'nested deeper than 64 levels'),
      );
    });

    it('refuses 8,000 levels without exhausting the stack', () => {
      expect(() => parseJson(lists(8_000))).toThrow(ProtocolError);
      expect(() => parseJson('['.repeat(8_000))).toThrow(ProtocolError);
    });

    it('counts levels, not brackets', () => {
      const wide = `[${Array.from({ length: 1_000 }, () => '[]').join(',')}]`;
      expect(parseJson(wide)).toHaveLength(1_000);
    });

    it('does not count brackets in texts', () => {
      const text = JSON.stringify({ comment: `${'['.repeat(200)}"\\${'{'.repeat(200)}` });
      expect(parseJson(text)).toEqual(JSON.parse(text));
    });

    it('counts brackets after an escaped quote and an escaped backslash', () => {
      expect(nestsTooDeep(`["\\"", "\\\\", ${lists(63)}]`)).toBe(false);
      expect(nestsTooDeep(`["\\"", "\\\\", ${lists(64)}]`)).toBe(true);
    });

    it('agrees with the nesting of the value', () => {
      const wraps = fc.array(fc.boolean(), { minLength: 55, maxLength: 70, size: 'max' });
      const deep = fc
        .tuple(wraps, fc.jsonValue({ maxDepth: 3 }))
        .map(([lists, value]) =>
          lists.reduce<unknown>((inner, list) => (list ? [inner, '{['] : { a: inner, b: [] }), value),
        );
      fc.assert(
        fc.property(deep, (value) => {
          expect(nestsTooDeep(JSON.stringify(value))).toBe(depthOf(value) > 64);
        }),
      );
    });
  });

  describe('at the edges of JSON', () => {
    it('carries lone surrogates through', () => {
      const text = '{"a":"\\ud800"}';
      expect(JSON.stringify(parseJson(text))).toBe(text);
    });

    it('carries U+2028 and U+2029 as they are', () => {
      expect(parseJson('"\u2028\u2029"')).toBe('\u2028\u2029');
    });

    it('reads -0 as -0, which JSON writes as 0', () => {
      expect(parseJson('-0')).toBe(-0);
      expect(JSON.stringify(parseJson('-0'))).toBe('0');
    });

    it('reads 1e400 as Infinity, which no schema accepts', () => {
      expect(parseJson('1e400')).toBe(Number.POSITIVE_INFINITY);
      expect(isJsonValue(parseJson('1e400'))).toBe(false);
    });

    it('keeps the last of duplicate keys', () => {
      expect(parseJson('{"a":1,"a":2}')).toEqual({ a: 2 });
    });

    it('reads __proto__ as an ordinary field that changes no prototype', () => {
      const value = parseJson('{"__proto__":{"admin":true}}') as Record<string, unknown>;
      expect(Object.keys(value)).toEqual(['__proto__']);
      expect(value['admin']).toBeUndefined();
      expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    });
  });
});

describe('isJsonValue', () => {
  it('accepts everything that was parsed, within the limit and the range of numbers', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(isJsonValue(value)).toBe(true);
      }),
    );
    expect(isJsonValue(JSON.parse(lists(64)))).toBe(true);
    expect(isJsonValue(JSON.parse(lists(65)))).toBe(false);
    expect(isJsonValue(JSON.parse(`${'{"a":'.repeat(64)}{}${'}'.repeat(64)}`))).toBe(false);
  });

  it('accepts only what arrives as it is', () => {
    fc.assert(
      fc.property(
        fc.anything({ withDate: true, withMap: true, withBigInt: true, withNullPrototype: true }),
        (value) => {
          if (isJsonValue(value)) expect(JSON.parse(JSON.stringify(value))).toEqual(positiveZeros(value));
        },
      ),
    );
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function positiveZeros(value: unknown): unknown {
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(positiveZeros);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, positiveZeros(field)]));
}
