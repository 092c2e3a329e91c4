import { type Position, parsePosition } from '@vitalwire/protocol';
import type { Publication } from '../log-store.ts';

/** What is said on a topic's channel: a publication, or only where the log stands, or nothing as there is none. */
export type ChannelMessage =
  | { readonly position: Position; readonly publication: Publication }
  | { readonly position: Position | undefined; readonly publication?: undefined };

/**
 * Reads what the scripts write: `s` with or without position, or `p` position, user and text in lines. `undefined` for what
 * somebody else may say on the channel; a listener of the client must not throw.
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
  if (message[0] !== 'p') return { position };
  const userEnd = message.indexOf('\n', positionEnd + 1);
  const user = message.slice(positionEnd + 1, userEnd);
  const { offset } = position;
  return {
    position,
    publication: toPublication(offset, user === '' ? null : user, message.slice(userEnd + 1)),
  };
}

/** An entry as the scripts give it: the user is JSON. */
export function toPublication(offset: number, user: string | null, text: string): Publication {
  return user === null ? { offset, text } : { offset, text, to: JSON.parse(user) as string };
}
