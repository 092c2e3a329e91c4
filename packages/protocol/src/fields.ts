import * as z from 'zod/mini';
import { isJsonValue } from './json-value.ts';

/** An id given by the publishing backend: a non-empty text of at most 255 characters, or a safe integer. */
export const foreignIdSchema = z.union([z.string().check(z.minLength(1), z.maxLength(255)), z.int()]);

/** A share from 0 to 1. */
export const shareSchema = z.number().check(z.minimum(0), z.maximum(1));

/** The `sub` of a token: who a subscriber is. */
export const userIdSchema = z.string().check(z.minLength(1), z.maxLength(255));

/** Text that must say something. */
export const textSchema = z.string().check(z.minLength(1));

/** ISO 8601 in UTC, as `Date.prototype.toISOString` writes it. (`z.iso` would add 0.8 kB to every browser.) */
export const timestampSchema = z
  .string()
  .check(z.regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$/));

/**
 * A field whose content is left to the publisher. What JSON cannot carry is refused, because it would arrive as
 * something else: `1e400` reads as `Infinity`, which JSON writes as `null`.
 */
export const openFieldSchema = z.unknown().check(z.refine(isOpenField, 'expected a JSON value'));

/** A field that is `undefined` is absent. */
function isOpenField(value: unknown): boolean {
  return value === undefined || isJsonValue(value);
}
