import { type Position, parsePosition } from '@vitalwire/protocol';
import type { Publication } from '../log-store.ts';

/** What is said on a topic's channel: a publication, or only where the log stands. */
export interface ChannelMessage {
  readonly position: Position;
  readonly publication?: Publication;
}

/** Reads what append.lua and log.lua write: `s` position, or `p` position, user and text in lines. */
export function readChannelMessage(message: string): ChannelMessage | undefined {
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
