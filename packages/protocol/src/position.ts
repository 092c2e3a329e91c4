// Without schemas: browsers load this, and not zod.

/** "I have processed everything up to here": exclusive when resuming. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** The symbolic starts: after the newest publication, before the oldest that is retained. */
export type SymbolicStart = 'latest' | 'earliest';

/** Where a subscription starts: after a held position, or at a symbolic start. */
export type After = Position | SymbolicStart;

/** The wire form `epoch:offset`. Offsets have at most 15 digits, so that each is a safe integer. */
export const POSITION = /^[A-Za-z0-9_-]{1,64}:(0|[1-9][0-9]{0,14})$/;

/** Writes a position in its wire form, `epoch:offset`. */
export function formatPosition({ epoch, offset }: Position): string {
  return `${epoch}:${offset}`;
}

/** Reads `epoch:offset`; `undefined` when the text is no position. */
export function parsePosition(text: string): Position | undefined {
  const [epoch = '', offset] = text.split(':');
  return POSITION.test(text) ? { epoch, offset: Number(offset) } : undefined;
}

/** Reads the wire form of a start; `undefined` when the text is none. */
export function parseAfter(text: string): After | undefined {
  return text === 'latest' || text === 'earliest' ? text : parsePosition(text);
}

/** Writes a start in its wire form. */
export function formatAfter(after: After): string {
  return typeof after === 'string' ? after : formatPosition(after);
}
