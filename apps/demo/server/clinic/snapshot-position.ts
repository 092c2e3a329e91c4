import type { Position } from '@vitalwire/protocol';

interface Known {
  /** The top of the log, read before the records. */
  readonly top: Position;
  /** The newest publication of these records that was answered. */
  readonly published: Position | undefined;
  /** Whether a publication of these records may be in the log without that they know its place. */
  readonly publishing: boolean;
}

/**
 * The position of a snapshot: what was published of the records up to here they contain, and nothing after it. Whatever
 * else stands in the log was published by others, and will never be in the records; so the position need not wait for it,
 * or it would be older than the log one day.
 */
export function snapshotPosition({ top, published, publishing }: Known): Position | 'earliest' {
  if (publishing) return published ?? 'earliest';
  const isAhead = published?.epoch === top.epoch && published.offset > top.offset;
  return isAhead ? published : top;
}
