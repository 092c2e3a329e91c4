import * as z from 'zod/mini';

// 15 digits, so that every offset that a position can hold is a safe integer.
const MAX_OFFSET = 999_999_999_999_999;

/** Counts the publications of one log from 1, without holes; 0 stands before the first. */
export const offsetSchema = z.int().check(z.minimum(0), z.maximum(MAX_OFFSET));

// `\w` and `\d` are spelled out: in other languages, which read the JSON Schemas, they match more than ASCII.
/** Identity of one life of a log. Offsets of different epochs cannot be compared. */
export const epochSchema = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/));

/** "I have processed everything up to here": exclusive when resuming. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** The symbolic starts: after the newest publication, before the oldest that is retained. */
export type SymbolicStart = 'latest' | 'earliest';

/** Where a subscription starts: after a held position, or at a symbolic start. */
export type After = Position | SymbolicStart;

const POSITION = /^[A-Za-z0-9_-]{1,64}:(0|[1-9][0-9]{0,14})$/;

/** A position in its wire form, `epoch:offset`. */
export const positionSchema = z.string().check(z.regex(POSITION, 'expected epoch:offset'));

/** The wire form of {@link After}. */
export const afterSchema = z.union([z.literal(['latest', 'earliest']), positionSchema]);

export function formatPosition({ epoch, offset }: Position): string {
  return `${epoch}:${offset}`;
}

/** Reads `epoch:offset`; `undefined` when the text is no position. */
export function parsePosition(text: string): Position | undefined {
  if (!POSITION.test(text)) return undefined;
  const colon = text.indexOf(':');
  return { epoch: text.slice(0, colon), offset: Number(text.slice(colon + 1)) };
}

/** Reads the wire form of a start; `undefined` when the text is none. */
export function parseAfter(text: string): After | undefined {
  return text === 'latest' || text === 'earliest' ? text : parsePosition(text);
}

export function formatAfter(after: After): string {
  return typeof after === 'string' ? after : formatPosition(after);
}
