/*
 * What the compiled schemas of `wire-readers.ts` are made of: the accepting half of zod, in one kilobyte. A reader
 * returns what it accepts, with unknown fields left out, or INVALID. Why a value is invalid is zod's to say.
 */

import { isJsonValue } from './json-value.ts';

/** Returned for a value that is refused. */
export const INVALID = Symbol();

/** Accepts a value that came out of `JSON.parse`, or returns {@link INVALID}. */
export type Reader = (value: unknown) => unknown;

const accept =
  (test: (value: never) => unknown): Reader =>
  (value) =>
    test(value as never) ? value : INVALID;

export const string = (minimum = 0, maximum = Infinity, pattern = /(?:)/): Reader =>
  accept(
    (value: unknown) =>
      typeof value === 'string' && value.length >= minimum && value.length <= maximum && pattern.test(value),
  );

export const number = (
  minimum = -Infinity,
  maximum = Infinity,
  is: (value: unknown) => boolean = Number.isFinite,
): Reader => accept((value: number) => is(value) && value >= minimum && value <= maximum);

export const integer = (minimum?: number, maximum?: number): Reader =>
  number(minimum, maximum, Number.isSafeInteger);

export const boolean: Reader = accept((value: unknown) => typeof value === 'boolean');

export const literal = (...values: unknown[]): Reader => accept((value) => values.includes(value));

/** What zod's `openFieldSchema` accepts. */
export const openField: Reader = accept((value: unknown) => isJsonValue(value));

/** The first reader that accepts. */
export const union =
  (...readers: Reader[]): Reader =>
  (value) => {
    for (const read of readers) {
      const result = read(value);
      if (result !== INVALID) return result;
    }
    return INVALID;
  };

export const optional =
  (read: Reader): Reader =>
  (value) =>
    value === undefined ? value : read(value);

export const array =
  (read: Reader): Reader =>
  (value) => {
    const items = Array.isArray(value) ? value.map(read) : [INVALID];
    return items.includes(INVALID) ? INVALID : items;
  };

/** Takes the fields of `shape`, and the others if `rest` accepts them. */
export const object =
  (shape: Readonly<Record<string, Reader>>, rest?: Reader): Reader =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return INVALID;
    const given = value as Readonly<Record<string, unknown>>;
    const result: Record<string, unknown> = {};
    for (const name of Object.keys({ ...shape, ...(rest && given) })) {
      const read = Object.hasOwn(shape, name) ? shape[name] : rest;
      // Like zod: a field of this name would change what the object is.
      const field = name === '__proto__' ? undefined : read?.(given[name]);
      if (field === INVALID) return INVALID;
      if (field !== undefined) result[name] = field;
    }
    return result;
  };
