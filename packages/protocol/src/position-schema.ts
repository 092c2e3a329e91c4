import * as z from 'zod/mini';
import { POSITION } from './position.ts';

// 15 digits, so that every offset that a position can hold is a safe integer.
const MAX_OFFSET = 999_999_999_999_999;

/** Counts the publications of one log from 1, without holes; 0 stands before the first. */
export const offsetSchema = z.int().check(z.minimum(0), z.maximum(MAX_OFFSET));

// `\w` and `\d` are spelled out: in other languages, which read the JSON Schemas, they match more than ASCII.
/** Identity of one life of a log. Offsets of different epochs cannot be compared. */
export const epochSchema = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/));

/** A position in its wire form, `epoch:offset`. */
export const positionSchema = z.string().check(z.regex(POSITION, 'expected epoch:offset'));

/** The wire form of {@link After}. */
export const afterSchema = z.union([z.literal(['latest', 'earliest']), positionSchema]);
