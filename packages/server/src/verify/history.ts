import type { After, GapReason, Position } from '@vitalwire/protocol';
import type { Topic } from '../log/log-store.ts';

/** What every event of a history says. */
interface Base {
  /**
   * When it happened, in milliseconds of this machine's monotonic clock: {@link monotonicNow}, the same for all its
   * processes. A history is in the order of this time.
   */
  readonly at: number;
  /** The process that recorded it, for people. */
  readonly process: string;
}

/** A request to publish leaves. Every attempt is recorded; `id` stays the same, as the publication does. */
export interface PublishBegun extends Base {
  readonly type: 'publish.begun';
  readonly publisher: string;
  /** The user whose token publishes, where access is part of the history. */
  readonly user?: string;
  /** Unique value that the payload carries. */
  readonly id: string;
  readonly topic: Topic;
  /** The only user who may see it. */
  readonly to?: string;
  /** The idempotency key. A publication without one is attempted once. */
  readonly key?: string;
  /** 1, 2, 3 … */
  readonly attempt: number;
  /** 1, 2, 3 … of this publisher and topic. */
  readonly counter: number;
  /** What {@link digestOf} says of the payload. */
  readonly digest: string;
}

/** The server answered that the publication is in the log. */
export interface PublishAcknowledged extends Base {
  readonly type: 'publish.acknowledged';
  readonly id: string;
  readonly attempt: number;
  readonly position: Position;
}

/** The server answered that this attempt certainly appended nothing. */
export interface PublishFailed extends Base {
  readonly type: 'publish.failed';
  readonly id: string;
  readonly attempt: number;
  readonly code: string;
}

/** No answer came, or one that leaves it open: this attempt appended the publication, or did not. */
export interface PublishUnknown extends Base {
  readonly type: 'publish.unknown';
  readonly id: string;
  readonly attempt: number;
  readonly reason: string;
}

/**
 * How a subscriber receives. `client`: it holds a position, and is recorded where the application is called: each
 * publication once. `plain`: a WebSocket without a position of its own, recorded at each frame: at least once, after a cut.
 */
export type SubscriberKind = 'client' | 'plain';

/** What a `connect` said of the publications before it, with positions instead of texts. */
export interface RecordedRecovery {
  readonly status: 'fresh' | 'recovered' | 'gap';
  readonly from: Position;
  readonly to: Position;
  readonly count: number;
  /** These three only with `gap`. */
  readonly reason?: GapReason;
  readonly lastSeen?: Position;
  readonly firstAvailable?: Position;
}

/**
 * A `connect` arrived: of a new connection, or again on an open one after a gap. Of a `client` it is recorded in its order
 * with the calls to the application; a `connect` that the application never hears of may be left out.
 */
export interface SubscriptionOpened extends Base {
  readonly type: 'subscription.opened';
  readonly subscriber: string;
  readonly user: string;
  readonly topic: Topic;
  readonly kind: SubscriberKind;
  /** What the subscriber asked for; absent when it left that to the server. */
  readonly after?: After;
  readonly recovery: RecordedRecovery;
}

/** A publication reached the application of a `client`, or its frame a `plain` subscriber. */
export interface Delivery extends Base {
  readonly type: 'delivery';
  readonly subscriber: string;
  /** The topic of the subscription. */
  readonly topic: Topic;
  readonly position: Position;
  /** What the payload carries; empty when it cannot be read. */
  readonly id: string;
  readonly digest: string;
  /** The client's word that it was published before the subscription began. */
  readonly recovered?: boolean;
}

/** The application of a `client` was told of a gap. (A `plain` subscriber is told by `subscription.opened`.) */
export interface GapTold extends Base {
  readonly type: 'gap';
  readonly subscriber: string;
  readonly topic: Topic;
  readonly reason: GapReason;
  readonly lastSeen: Position;
  readonly firstAvailable: Position;
  /** Delivery continues after it. */
  readonly from: Position;
}

/** A connection ended; its subscriber may come back. */
interface ConnectionClosed extends Base {
  readonly type: 'connection.closed';
  readonly subscriber: string;
  readonly code: number;
  readonly reason: string;
}

/** A `client` died without notice and began again from the positions that it had stored, as a reloaded tab does. */
export interface SubscriberReloaded extends Base {
  readonly type: 'subscriber.reloaded';
  readonly subscriber: string;
}

/** A subscriber ended for good, all of its subscriptions or one: nothing more is owed to it. */
export interface SubscriberEnded extends Base {
  readonly type: 'subscriber.ended';
  readonly subscriber: string;
  readonly topic?: Topic;
  /** `closed` when its own application ended it; otherwise the server's code or reason, for example `access_denied`. */
  readonly code: string;
  readonly reason?: string;
}

/** A change of what a user may do; recorded when the server has answered. Users may everything until told otherwise. */
export interface AccessChanged extends Base {
  /** `expired`: the user's last token ran out, and no fresh one was presented. */
  readonly type: 'access.granted' | 'access.revoked' | 'access.expired';
  readonly user: string;
  /** Every topic when absent. */
  readonly topic?: Topic;
}

/** Something is being broken. Several may be under way at once; `fault` and `target` name one. */
export interface FaultBegun extends Base {
  readonly type: 'fault.begun';
  /** The kind, for example `server_killed`. */
  readonly fault: string;
  readonly target: string;
}

/** It is over. */
export interface FaultEnded extends Base {
  readonly type: 'fault.ended';
  readonly fault: string;
  readonly target: string;
  /** What visibly happened: connections cut, processes gone, requests failed … With 0 the fault had no effect. */
  readonly effect: number;
}

/** What a log holds in the end. */
export interface LogRead extends Base {
  readonly type: 'log.read';
  readonly node: string;
  readonly topic: Topic;
  readonly epoch: string;
  /** Offset of the oldest retained publication; top + 1 when none is. */
  readonly earliest: number;
  /** Offset of the newest. */
  readonly top: number;
  /** The user whose subscription read it, and who does not see what is addressed to others; absent for the whole log. */
  readonly user?: string;
  readonly entries: readonly { readonly offset: number; readonly id: string }[];
}

/** What the run was meant to be. The first event. */
export interface RunBegun extends Base {
  readonly type: 'run.begun';
  readonly seed: number;
  /** Publications a second that were to be begun, all publishers together. */
  readonly rate?: number;
  /** Versions, log store, number of nodes … for people. */
  readonly about?: { readonly [name: string]: string | number };
}

/** Everything is healed, and subscribers had their time to catch up: what is acknowledged by now is owed by now. */
export interface Settled extends Base {
  readonly type: 'settled';
}

/** How the recording process is, about once a second: one that is late itself measures nothing. */
interface Sample extends Base {
  readonly type: 'sample';
  /** The longest delay of its event loop since the last sample. */
  readonly loopDelayMs: number;
  readonly rssBytes: number;
}

/** One thing that happened in a run. A history is a list of them, one JSON object a line in a file. */
export type HistoryEvent =
  | RunBegun
  | PublishBegun
  | PublishAcknowledged
  | PublishFailed
  | PublishUnknown
  | SubscriptionOpened
  | Delivery
  | GapTold
  | ConnectionClosed
  | SubscriberReloaded
  | SubscriberEnded
  | AccessChanged
  | FaultBegun
  | FaultEnded
  | LogRead
  | Settled
  | Sample;

/** Milliseconds of this machine's monotonic clock, comparable between its processes. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
