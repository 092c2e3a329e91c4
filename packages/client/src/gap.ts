import { type GapReason, type Position, parsePosition, type Recovery } from '@vitalwire/protocol';

/** Publications that can no longer be supplied. Those after `from` follow. */
export interface Gap {
  readonly diagnosisId: number;
  /** `retention`: the log no longer holds them; `epoch_changed`: the log lost its past; `position_unknown`: the held position is of another log. */
  readonly reason: GapReason;
  /** The position that could not be continued. */
  readonly lastSeen: Position;
  /** The oldest publication that still follows, or the next one to be published when none does. */
  readonly firstAvailable: Position;
  /** Delivery continues after this position, which becomes the subscription's. */
  readonly from: Position;
  /** The topic's top when the subscription began. */
  readonly to: Position;
}

/**
 * What happens at a gap: a handler, typically one that loads the current state from the backend, or `'ignore'`. The
 * handler is awaited before later publications are handed out.
 */
export type GapHandling = ((gap: Gap) => unknown) | 'ignore';

/** A gap of the wire, in this client's words. */
export function gapOf(diagnosisId: number, recovery: Extract<Recovery, { status: 'gap' }>): Gap {
  // The schema has proved that these are positions.
  const position = (text: string) => parsePosition(text) as Position;
  return {
    diagnosisId,
    reason: recovery.reason,
    lastSeen: position(recovery.last_seen),
    firstAvailable: position(recovery.first_available),
    from: position(recovery.from),
    to: position(recovery.to),
  };
}
