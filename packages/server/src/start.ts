import type { GapReason, Position, SymbolicStart } from '@vitalwire/protocol';
import type { LogState } from './log/log-store.ts';

/** Where a subscription begins, and what that means for the publications before. */
export type Start =
  | { readonly status: 'fresh' | 'recovered'; readonly from: number }
  | {
      readonly status: 'gap';
      readonly from: number;
      readonly reason: GapReason;
      readonly lastSeen: Position;
    };

/**
 * Decides where a subscription begins. Pure.
 *
 * @param after a position that the subscriber holds or was proven to have received, a symbolic start, or nothing for
 * a user never seen, who gets everything that is retained.
 */
export function decideStart(after: Position | SymbolicStart | undefined, log: LogState): Start {
  if (after === undefined || after === 'earliest') return { status: 'fresh', from: log.earliest - 1 };
  if (after === 'latest') return { status: 'fresh', from: log.top };
  const reason = breakOf(after, log);
  if (reason === undefined) return { status: 'recovered', from: after.offset };
  return { status: 'gap', from: log.earliest - 1, reason, lastSeen: after };
}

/** Why a log cannot be continued after a position; `undefined` when it can, completely. */
export function breakOf(position: Position, log: LogState): GapReason | undefined {
  if (position.epoch !== log.epoch) return 'epoch_changed';
  if (position.offset > log.top) return 'position_unknown';
  if (position.offset + 1 < log.earliest) return 'retention';
  return undefined;
}
