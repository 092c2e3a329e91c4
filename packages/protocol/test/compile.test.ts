import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import {
  batchMessageSchema,
  broadcastBodySchema,
  catalogue,
  compileSchema,
  issuesOf,
  publicationsOf,
} from '../src/index.ts';
import { arbitraryOf } from './support/arbitrary.ts';

const schemas = publicationsOf(catalogue).flatMap((definition) => [
  [`body of ${definition.type}`, broadcastBodySchema(definition)] as const,
  [`message of ${definition.type}`, batchMessageSchema(definition)] as const,
]);

describe.each(schemas)('compileSchema: %s', (_, schema) => {
  const validate = compileSchema(schema);

  function same(value: unknown): void {
    const [plain, compiled] = [schema.safeParse(value), validate(value)];
    expect(compiled.data).toEqual(plain.data);
    expect(compiled.error && issuesOf(compiled.error)).toEqual(plain.error && issuesOf(plain.error));
  }

  it('accepts the same, and reads the same from it', () => {
    fc.assert(
      fc.property(arbitraryOf(schema), fc.dictionary(fc.string(), fc.jsonValue()), (value, more) => {
        same(value);
        same({ ...more, ...(value as object) });
      }),
    );
  });

  it('refuses the same for the same reasons', () => {
    const fields = fc.constantFrom(...Object.keys(schema.shape));
    fc.assert(
      fc.property(arbitraryOf(schema), fc.array(fc.tuple(fields, fc.jsonValue())), (value, changes) => {
        same({ ...(value as object), ...Object.fromEntries(changes) });
      }),
    );
    for (const value of [undefined, null, 7, 'text', [], {}, JSON.parse('{"__proto__":{"rating":1}}')])
      same(value);
  });
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
