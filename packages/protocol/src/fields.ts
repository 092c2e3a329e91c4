import * as z from 'zod/mini';

/** An id given by the publishing backend: a non-empty text of at most 255 characters, or a safe integer. */
export const foreignIdSchema = z.union([z.string().check(z.minLength(1), z.maxLength(255)), z.int()]);

/** A share from 0 to 1. */
export const shareSchema = z.number().check(z.minimum(0), z.maximum(1));

/** The `sub` of a token: who a subscriber is. */
export const userIdSchema = z.string().check(z.minLength(1), z.maxLength(255));

/** Text that must say something. */
export const textSchema = z.string().check(z.minLength(1));

/** ISO 8601 in UTC, as `Date.prototype.toISOString` writes it. (`z.iso` would add 0.8 kB to every browser.) */
export const timestampSchema = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/));
