import { ProtocolError } from './errors.ts';

/**
 * Deepest nesting of arrays and objects that is accepted from clients and publishers; `[]` is one level. It keeps
 * recursive code such as `JSON.stringify` from exhausting the stack.
 */
export const MAX_NESTING = 64;

/**
 * Parses JSON that came from outside.
 *
 * @throws {ProtocolError} `invalid_json` when the text is no JSON or nests deeper than {@link MAX_NESTING}.
 */
export function parseJson(text: string): unknown {
  if (nestsTooDeep(text)) throw new ProtocolError('invalid_json', `nested deeper than ${MAX_NESTING} levels`);
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be health data.
    throw new ProtocolError('invalid_json', 'not valid JSON');
  }
}

/** Whether a value arrives as it is when it is written as JSON, and nests at most {@link MAX_NESTING} levels deep. */
export function isJsonValue(value: unknown, levels: number = MAX_NESTING): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || levels === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isJsonValue(item, levels - 1));
  return (
    isPlain(value) &&
    Object.values(value).every((item) => item === undefined || isJsonValue(item, levels - 1))
  );
}

/** Not a `Date`, a `Map` or the like, which JSON writes as something else. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether JSON nests deeper than {@link MAX_NESTING}. Counts brackets outside of strings, without recursion. */
export function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === BACKSLASH) i++;
      else if (c === QUOTE) inString = false;
    } else if (c === QUOTE) inString = true;
    else if (c === OPEN_ARRAY || c === OPEN_OBJECT) {
      if (++depth > MAX_NESTING) return true;
    } else if (c === CLOSE_ARRAY || c === CLOSE_OBJECT) depth--;
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
