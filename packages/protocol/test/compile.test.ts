import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { openFieldSchema } from '../src/fields.ts';
import {
  addressSchema,
  batchMessageSchema,
  broadcastBodySchema,
  catalogue,
  compileSchema,
  issuesOf,
  publicationsOf,
  recommendationSchema,
} from '../src/index.ts';
import { arbitraryOf } from './support/arbitrary.ts';

const schemas = [
  ...publicationsOf(catalogue).flatMap((definition) => [
    [`body of ${definition.type}`, broadcastBodySchema(definition)] as const,
    [`message of ${definition.type}`, batchMessageSchema(definition)] as const,
  ]),
  ['address', addressSchema] as const,
  ['recommendation', recommendationSchema] as const,
];

/** Holds a compiled schema to zod: the same verdict, the same value with its fields in the same order, the same reasons. */
function comparison(schema: z.ZodMiniObject): (value: unknown) => void {
  const validate = compileSchema(schema);
  return (value) => {
    const [plain, compiled] = [schema.safeParse(value), validate(value)];
    expect(compiled.data).toStrictEqual(plain.data);
    expect(inspect(compiled.data, { depth: null })).toBe(inspect(plain.data, { depth: null }));
    expect(compiled.error && issuesOf(compiled.error)).toEqual(plain.error && issuesOf(plain.error));
  };
}

/** What a program may hold besides what JSON carries. */
const anything = fc.oneof(
  fc.anything({ withDate: true, withMap: true, withBigInt: true, withNullPrototype: true }),
  fc.constantFrom(undefined, Number.NaN, -0, Infinity, 2 ** 53, '', 'x'.repeat(256), '🌿'.repeat(255)),
);

describe.each(schemas)('compileSchema: %s', (_, schema) => {
  const same = comparison(schema);
  const fields = fc.constantFrom(...Object.keys(schema.shape), '__proto__', 'more');
  const changes = fc.array(fc.tuple(fields, anything));

  it('accepts the same, and reads the same from it', () => {
    fc.assert(
      fc.property(arbitraryOf(schema), fc.dictionary(fc.string(), fc.jsonValue()), (value, more) => {
        same(value);
        same({ ...more, ...(value as object) });
        same({ ...(value as object), ...more });
      }),
    );
  });

  it('refuses the same for the same reasons', () => {
    fc.assert(
      fc.property(arbitraryOf(schema), changes, (value, changed) => {
        same({ ...(value as object), ...Object.fromEntries(changed) });
      }),
    );
    for (const value of [undefined, null, 7, 'text', [], {}, JSON.parse('{"__proto__":{"rating":1}}')])
      same(value);
  });

  it('looks at an object of a program as zod does', () => {
    fc.assert(
      fc.property(arbitraryOf(schema), changes, (value, inherited) => {
        const own = Object.getOwnPropertyDescriptors(value as object);
        const parent = Object.create(null, Object.getOwnPropertyDescriptors(Object.fromEntries(inherited)));
        same(Object.create(parent, own));
        same(Object.create(value as object));
        same(Object.assign(new (class Body {})(), value));
        same(Object.freeze(Object.assign([], value)));
        same(new Proxy(value as object, {}));
      }),
    );
  });

  it('leaves what it reads as it was', () => {
    fc.assert(
      fc.property(arbitraryOf(schema), (value) => {
        const given = { more: 1, ...(value as object) };
        const before = structuredClone(given);
        expect(compileSchema(schema)(Object.freeze(given)).data).not.toBe(given);
        expect(given).toStrictEqual(before);
      }),
    );
  });
});

describe('compileSchema: fields of other kinds', () => {
  const kinds: Record<string, z.core.$ZodType> = {
    'a literal that may be undefined': z.literal(['a', undefined]),
    'a literal that is no text': z.literal([1, null, Number.NaN]),
    'an open field': openFieldSchema,
    'an optional open field': z.optional(openFieldSchema),
    'an unknown field': z.unknown(),
    'an optional field that must not be undefined': z.exactOptional(z.string()),
    'a field with a default': z._default(z.string(), 'd'),
    'a field with a fallback': z.catch(z.string(), 'c'),
    'an optional field with a default': z.optional(z._default(z.string(), 'd')),
    'a nullable text': z.nullable(z.string()),
    'a coerced number': z.coerce.number(),
    'a text of a format': z.email(),
    'a trimmed text': z.string().check(z.trim(), z.minLength(2)),
    'a text of code points': z.string().check(z.minLength(2), z.maxLength(3)),
    'a text of one length': z.string().check(z.length(2)),
    'a refined text': z.string().check(z.refine((text) => text !== 'a')),
    'a number between': z.number().check(z.gt(0), z.lt(2)),
    'a number with several bounds': z
      .number()
      .check(z.gte(0), z.gte(1), z.lte(3), z.lte(2), z.gt(0), z.lt(9)),
    'a multiple': z.number().check(z.multipleOf(2)),
    'an int32': z.int32(),
    'a union of texts and integers': z.union([z.string().check(z.minLength(2)), z.int()]),
    'a union with an optional': z.union([z.optional(z.string()), z.int()]),
    'a union of objects': z.union([z.object({ a: z.string() }), z.object({ a: z.int(), b: z.int() })]),
    'a union of an object whose text has a length and any other': z.union([
      z.object({ a: z.string().check(z.minLength(2)) }),
      z.object({ b: z.optional(z.int()) }),
    ]),
    'an object that refuses others': z.strictObject({ a: z.optional(z.string()) }),
    'an object that carries others': z.looseObject({ a: z.optional(z.string()) }),
    'a refined object': z.object({ a: z.optional(z.int()) }).check(z.refine(({ a }) => a !== 1)),
    'a changed text': z.pipe(
      z.string(),
      z.transform((text) => text.length),
    ),
  };

  it.each(Object.entries(kinds))('reads %s as zod does', (_, kind) => {
    const [same, only] = [
      comparison(z.object({ field: kind, last: z.int() })),
      comparison(z.object({ kind })),
    ];
    const samples = [
      ...[
        undefined,
        null,
        Number.NaN,
        -0,
        0,
        1,
        1.5,
        2,
        2 ** 40,
        2 ** 53,
        Infinity,
        7n,
        '',
        'a',
        'ab',
        'abc',
      ],
      ...[
        'a@b.de',
        ' a ',
        '🌿',
        '🌿🌿',
        '🌿🌿🌿',
        '🌿🌿🌿🌿',
        '\ud83c',
        [],
        [1],
        new Date(0),
        Symbol.iterator,
      ],
      ...[
        {},
        { a: 'x' },
        { a: 'xy' },
        { a: 1 },
        { a: 1, b: 2 },
        { a: 2, more: 3 },
        { a: undefined },
        Object.create({ a: 'x' }),
      ],
    ];
    const some = fc.oneof(fc.constantFrom(...samples), anything);
    fc.assert(
      fc.property(some, (field) => {
        same({ field, last: 1 });
        same({ last: 1 });
        only({ kind: field });
      }),
      { examples: samples.map((sample) => [sample]) },
    );
  });
});

it('compileSchema needs no field of a name that changes what it is copied into', () => {
  const same = comparison(z.object({ ['__proto__']: z.optional(z.string()), a: z.string() }));
  for (const text of ['{"a":"x"}', '{"a":"x","__proto__":"y"}', '{"a":"x","__proto__":{"b":1}}']) {
    same(JSON.parse(text));
  }
});

it('compileSchema keeps what a schema demands of the whole', () => {
  const validate = compileSchema(
    z
      .object({ low: z.number(), high: z.number() })
      .check(z.refine(({ low, high }) => low <= high, 'low first')),
  );
  expect(validate({ low: 1, high: 2 }).success).toBe(true);
  expect(validate({ low: 2, high: 1 }).error?.issues).toMatchObject([{ message: 'low first' }]);
});
