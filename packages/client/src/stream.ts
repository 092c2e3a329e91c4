import { type Position, parsePosition, type Recovery } from '@vitalwire/protocol';

/** What the server sends of a topic since its last `connect`. */
export interface Stream {
  readonly epoch: string;
  /** Everything up to here has come, or is not for this user. */
  readonly at: number;
  /** The topic's top at the `connect`. */
  readonly to: Position;
  /** How many publications from before the `connect` are still to come. */
  readonly left: number;
}

/** The stream that begins with a `connect`. */
export function streamOf({ from, to, count }: Recovery): Stream {
  // The schema has proved that these are positions.
  const start = parsePosition(from) as Position;
  const top = parsePosition(to) as Position;
  return { epoch: start.epoch, at: (count > 0 ? start : top).offset, to: top, left: count };
}

/** The stream after the publication at `offset` has come. */
export function advance({ epoch, at, to, left }: Stream, offset: number): Stream {
  // At the top nothing is left, whatever was counted.
  const still = offset < to.offset ? Math.max(0, left - 1) : 0;
  return { epoch, at: Math.max(at, offset, still > 0 ? 0 : to.offset), to, left: still };
}
