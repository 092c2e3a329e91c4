import type { GapReason, Position } from '@vitalwire/protocol';

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
export type GapHandling = ((gap: Gap) => void | Promise<void>) | 'ignore';
