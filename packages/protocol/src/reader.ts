/*
 * What the compiled schemas of `wire-readers.ts` are made of: the accepting half of zod, in less than a kilobyte. A reader
 * says whether it accepts a value, and takes unknown fields away from it. Why a value is invalid is zod's to say.
 */

import { MAX_NESTING } from './nesting.ts';

/** Says whether it accepts a value that came out of `JSON.parse`. An accepted object is left with its known fields. */
export type Reader = (value: unknown) => unknown;

/** Its length is part of its pattern. */
export const string =
  (pattern = /(?:)/): Reader =>
  (value) =>
    typeof value === 'string' && pattern.test(value);

export const number =
  (minimum = -Infinity, maximum = Infinity, is: (value: unknown) => boolean = Number.isFinite): Reader =>
  (value) =>
    is(value) && (value as number) >= minimum && (value as number) <= maximum;

export const integer = (minimum?: number, maximum?: number): Reader =>
  number(minimum, maximum, Number.isSafeInteger);

export const boolean: Reader = (value) => typeof value === 'boolean';

/** What zod's `openFieldSchema` accepts of what JSON can hold: what JSON can write as it was read, not `1e400`. */
export const openField = (value: unknown, levels = MAX_NESTING): boolean =>
  typeof value === 'number'
    ? Number.isFinite(value)
    : Object(value) !== value ||
      (levels > 0 && Object.values(value as object).every((item) => openField(item, levels - 1)));

/** What one of the readers accepts. None of them may take fields away before it refuses. */
export const union =
  (...readers: Reader[]): Reader =>
  (value) =>
    readers.some((read) => read(value));

export const optional =
  (read: Reader): Reader =>
  (value) =>
    value === undefined || read(value);

export const array =
  (read: Reader): Reader =>
  (value) =>
    Array.isArray(value) && value.every((item) => read(item));

/** Has the fields of `shape`, and others if `rest` accepts them; without a `rest` they are taken away. */
export const object =
  (shape: Readonly<Record<string, Reader>>, rest?: Reader): Reader =>
  (value) => {
    if (Object(value) !== value || Array.isArray(value)) return false;
    const fields = value as Record<string, unknown>;
    // The known ones first, so that nothing is taken away from what is refused by one of them.
    return Object.keys({ ...shape, ...fields }).every((name) => {
      const read = Object.hasOwn(shape, name) ? shape[name] : rest;
      // Like zod: a field of this name would change what the object is copied into.
      return read && name !== '__proto__' ? read(fields[name]) : delete fields[name];
    });
  };
