import { MAX_NESTING } from './nesting.ts';
import { ProtocolError } from './protocol-error.ts';

export { isJsonValue } from './json-value.ts';
export { MAX_NESTING } from './nesting.ts';

/**
 * Parses JSON that came from outside.
 *
 * @throws {ProtocolError} `invalid_json` when the text is no JSON or nests deeper than `maxNesting`.
 */
export function parseJson(text: string, maxNesting: number = MAX_NESTING): unknown {
  if (nestsTooDeep(text, maxNesting))
    throw new ProtocolError('invalid_json', `nested deeper than ${maxNesting} levels`);
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be health data.
    throw new ProtocolError('invalid_json', 'not valid JSON');
  }
}

/** Whether JSON nests deeper than `maxNesting`. Counts brackets outside of strings, without recursion. */
export function nestsTooDeep(text: string, maxNesting: number = MAX_NESTING): boolean {
  if (opensAtMost(text, maxNesting)) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) i = endOfString(text, i);
    else if (c === OPEN_ARRAY || c === OPEN_OBJECT) {
      if (++depth > maxNesting) return true;
    } else if (c === CLOSE_ARRAY || c === CLOSE_OBJECT) depth--;
  }
  return false;
}

/** Where the string ends that begins with the quote at `start`: at the first quote behind it that is not escaped. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}

/** Whether a text has so few brackets that it cannot nest deeper. Most texts have, and searching is quicker than looking. */
function opensAtMost(text: string, most: number): boolean {
  let found = 0;
  for (const bracket of ['{', '[']) {
    for (let i = text.indexOf(bracket); i !== -1; i = text.indexOf(bracket, i + 1)) {
      if (++found > most) return false;
    }
  }
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
