import fc from 'fast-check';
import type * as z from 'zod/mini';

type Schema = z.core.$ZodType;

/** What a number or a text may be. */
interface Bounds {
  minimum: number;
  exclusiveMinimum: number;
  maximum: number;
  exclusiveMaximum: number;
  integer: boolean;
  pattern: RegExp | undefined;
}

/**
 * Arbitrary values that a schema accepts, derived from the schema's own definition, so that a new message type is
 * tested without a word.
 *
 * @throws {Error} at a kind of schema that is not known here.
 */
export function arbitraryOf(schema: Schema): fc.Arbitrary<unknown> {
  const { def } = schema._zod as { def: z.core.$ZodTypes['_zod']['def'] };
  switch (def.type) {
    case 'string':
      return arbitraryText(boundsOf(def));
    case 'number':
      return arbitraryNumber(boundsOf(def));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'literal':
      return fc.constantFrom(...def.values);
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries));
    case 'unknown':
      return fc.jsonValue();
    case 'union':
      return fc.oneof(...def.options.map(arbitraryOf));
    case 'array':
      return fc.array(arbitraryOf(def.element), { minLength: leastOf(def), maxLength: 5 });
    case 'record':
      return fc.dictionary(arbitraryOf(def.keyType) as fc.Arbitrary<string>, arbitraryOf(def.valueType), {
        maxKeys: 5,
      });
    case 'object':
      return arbitraryObject(def);
    default:
      throw new Error(`no arbitrary for a schema of type ${def.type}`);
  }
}

/** How many items a list must have at least. */
function leastOf({ checks = [] }: z.core.$ZodArrayDef): number {
  const bounds = checks.map((check) => (check._zod.def as { minimum?: number }).minimum ?? 0);
  return Math.max(0, ...bounds);
}

/** Any UTF-16, lone surrogates included: JSON carries them all. */
export function anyText(bounds: { minLength?: number; maxLength: number }): fc.Arbitrary<string> {
  return fc.array(fc.integer({ min: 0, max: 0xffff }), bounds).map((units) => String.fromCharCode(...units));
}

function arbitraryObject({ shape, catchall }: z.core.$ZodObjectDef): fc.Arbitrary<unknown> {
  const fields = Object.entries(shape).map(([name, schema]) => {
    const { def } = schema._zod as { def: z.core.$ZodTypes['_zod']['def'] };
    return [
      name,
      arbitraryOf(def.type === 'optional' ? def.innerType : schema),
      def.type === 'optional',
    ] as const;
  });
  const known = fc.record(Object.fromEntries(fields.map(([name, value]) => [name, value])), {
    requiredKeys: fields.filter(([, , optional]) => !optional).map(([name]) => name),
  });
  if (!catchall) return known;
  // zod leaves `__proto__` out of what it reads; that is tested on its own.
  const name = anyText({ maxLength: 20 }).filter((key) => !(key in shape) && key !== '__proto__');
  return fc
    .tuple(fc.dictionary(name, arbitraryOf(catchall), { maxKeys: 3 }), known)
    .map(([further, required]) => ({ ...further, ...required }));
}

function arbitraryText({ minimum, maximum, pattern }: Bounds): fc.Arbitrary<string> {
  if (pattern) return fc.stringMatching(pattern);
  return anyText({ minLength: Math.max(minimum, 0), maxLength: Math.min(maximum, 300) });
}

function arbitraryNumber(bounds: Bounds): fc.Arbitrary<number> {
  if (bounds.integer) return arbitraryInteger(bounds);
  const min = Math.max(bounds.minimum, bounds.exclusiveMinimum);
  const max = Math.min(bounds.maximum, bounds.exclusiveMaximum);
  return fc.double({
    noNaN: true,
    noDefaultInfinity: true,
    ...(min > -Infinity && { min, minExcluded: min === bounds.exclusiveMinimum }),
    ...(max < Infinity && { max, maxExcluded: max === bounds.exclusiveMaximum }),
  });
}

function arbitraryInteger(bounds: Bounds): fc.Arbitrary<number> {
  const min = Math.max(bounds.minimum, bounds.exclusiveMinimum + 1, Number.MIN_SAFE_INTEGER);
  const max = Math.min(bounds.maximum, bounds.exclusiveMaximum - 1, Number.MAX_SAFE_INTEGER);
  // The bounds themselves, and small numbers, which `bigInt` alone would hardly ever meet.
  return fc.oneof(
    fc.constantFrom(min, max),
    fc.integer({ min: Math.max(min, -1000), max: Math.min(max, 1000) }),
    fc.bigInt({ min: BigInt(min), max: BigInt(max) }).map(Number),
  );
}

function boundsOf({ checks = [], ...own }: z.core.$ZodTypeDef): Bounds {
  const bounds: Bounds = {
    minimum: -Infinity,
    exclusiveMinimum: -Infinity,
    maximum: Infinity,
    exclusiveMaximum: Infinity,
    integer: 'format' in own && own.format === 'safeint',
    pattern: undefined,
  };
  for (const check of checks) apply(bounds, check._zod.def as z.core.$ZodChecks['_zod']['def']);
  return bounds;
}

function apply(bounds: Bounds, def: z.core.$ZodChecks['_zod']['def']): void {
  switch (def.check) {
    case 'greater_than':
      bounds[def.inclusive ? 'minimum' : 'exclusiveMinimum'] = Number(def.value);
      return;
    case 'less_than':
      bounds[def.inclusive ? 'maximum' : 'exclusiveMaximum'] = Number(def.value);
      return;
    case 'min_length':
      bounds.minimum = def.minimum;
      return;
    case 'max_length':
      bounds.maximum = def.maximum;
      return;
    case 'string_format':
      bounds.pattern = def.pattern;
      return;
    default:
      throw new Error(`no arbitrary for the check ${def.check}`);
  }
}
