import { type Position, parsePosition } from '@vitalwire/protocol';
import type { Publication } from '../log-store.ts';

/** What is said on a topic's channel: publications, or only where the log stands, or nothing as there is none. */
export type ChannelMessage =
  | { readonly position: Position; readonly publications: readonly Publication[] }
  | { readonly position: Position | undefined; readonly publications?: undefined };

/**
 * Reads what the scripts write: `s` with or without position; or `a` and the position of the last publication that was
 * appended, then the user, length and text of each, a line for all but the text. `undefined` for what somebody else may
 * say on the channel; a listener of the client must not throw.
 */
export function readChannelMessage(message: string): ChannelMessage | undefined {
  try {
    return parseChannelMessage(message);
  } catch {
    return undefined;
  }
}

function parseChannelMessage(message: string): ChannelMessage | undefined {
  if (message === 's') return { position: undefined };
  const positionEnd = message.indexOf('\n');
  const position = parsePosition(message.slice(1, positionEnd === -1 ? undefined : positionEnd));
  if (position === undefined) return undefined;
  // Whatever a node of another version may say: the log stands there.
  if (message[0] !== 'a') return { position };
  const entries = readEntries(message, positionEnd + 1);
  const first = position.offset - entries.length + 1;
  if (entries.length === 0 || first < 1) return undefined;
  return {
    position,
    publications: entries.map(([user, text], index) => toPublication(first + index, user, text)),
  };
}

/** Before each text: the user, and how long it is. */
const ENTRY_HEAD = /([^\n]*)\n(\d+)\n/y;

function readEntries(message: string, from: number): [user: string | null, text: string][] {
  const entries: [string | null, string][] = [];
  let next = from;
  while (next < message.length) {
    ENTRY_HEAD.lastIndex = next;
    const [head, user, length] = ENTRY_HEAD.exec(message) ?? [];
    if (head === undefined) throw new Error('not an entry');
    const begin = next + head.length;
    next = begin + Number(length);
    if (next > message.length) throw new Error('not a whole entry');
    entries.push([user || null, message.slice(begin, next)]);
  }
  return entries;
}

/** An entry as the scripts give it: the user is JSON. */
export function toPublication(offset: number, user: string | null, text: string): Publication {
  return user === null ? { offset, text } : { offset, text, to: JSON.parse(user) as string };
}
