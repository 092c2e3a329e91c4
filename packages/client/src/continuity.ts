import {
  formatPosition,
  type GapReason,
  type Position,
  parsePosition,
  type Recovery,
} from '@vitalwire/protocol';

/** A stretch of the log that is handed out before what is published from now on. */
interface Stretch {
  /** Delivery continues after this position, which becomes the subscription's. */
  readonly from: Position;
  /** The topic's top when delivery began. */
  readonly to: Position;
  /** How many publications from before then follow. */
  readonly count: number;
}

/** Publications that can no longer be supplied. Those after `from` follow. */
export interface Gap extends Stretch {
  readonly status: 'gap';
  readonly diagnosisId: number;
  /** `retention`: the log no longer holds them; `epoch_changed`: the log lost its past; `position_unknown`: the held position is of another log. */
  readonly reason: GapReason;
  /** The position that could not be continued. */
  readonly lastSeen: Position;
  /** The oldest publication that still follows, or the next one to be published when none does. */
  readonly firstAvailable: Position;
}

/**
 * Whether a subscription goes on without a break, each time that it begins to receive. `live`: nothing was missed; when
 * `fresh`, no earlier position was known and it begins here. `recovered`: everything that was missed follows. `gap`: some
 * of it is gone.
 */
export type Continuity =
  | ({ readonly status: 'live'; readonly fresh: boolean } & Stretch)
  | ({ readonly status: 'recovered' } & Stretch)
  | Gap;

/**
 * What happens at a gap: a handler, typically one that loads the current state from the backend, or `'ignore'`. The
 * handler is awaited before later publications are handed out.
 */
export type GapHandling = ((gap: Gap, context: HandlerContext) => unknown) | 'ignore';

/** What a handler may do about the one thing it was given. */
export interface HandlerContext {
  /** Says that everything up to this is processed, where the option `commit` is `'manual'`. */
  commit(): void;
}

/**
 * Goes on after `from` with nothing lost; `count` publications up to `to` follow. Where a stream has come further than the
 * top that it began with, that is the top.
 */
export function resumed(from: Position, to: Position, count: number, fresh = false): Continuity {
  const stretch = { from, to: from.offset > to.offset ? from : to, count };
  return count > 0 && !fresh ? { status: 'recovered', ...stretch } : { status: 'live', fresh, ...stretch };
}

/**
 * What the server's answer means for a subscription that has received everything up to `received`. `undefined` when the
 * server begins earlier than that, for another subscription: how much is missing shows when the stream comes there.
 */
export function continuityOf(
  diagnosisId: number,
  received: Position | undefined,
  recovery: Recovery,
): Continuity | undefined {
  // The schema has proved that these are positions.
  const from = parsePosition(recovery.from) as Position;
  const to = parsePosition(recovery.to) as Position;
  const gap = recovery.status === 'gap' ? recovery : undefined;
  const last = received ?? (gap ? (parsePosition(gap.last_seen) as Position) : from);
  const { count } = recovery;
  const reason =
    last.epoch !== from.epoch
      ? 'epoch_changed'
      : last.offset > to.offset
        ? 'position_unknown'
        : last.offset < from.offset
          ? 'retention'
          : // Whatever else seems to fit: this is what could not be continued.
            formatPosition(last) === gap?.last_seen && gap.reason;
  if (reason) {
    const firstAvailable = { epoch: from.epoch, offset: from.offset + 1 };
    const told = gap?.reason ?? reason;
    return { status: 'gap', diagnosisId, reason: told, lastSeen: last, firstAvailable, from, to, count };
  }
  if (last.offset === from.offset) {
    return resumed(last, to, count, !received && recovery.status === 'fresh');
  }
  return count > 0 && last.offset < to.offset ? undefined : resumed(last, to, 0);
}
