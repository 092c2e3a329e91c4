import type { Position } from '@vitalwire/protocol';
import type { Nodes } from './nodes.ts';

/** The unit one subscribes to: each diagnosis is a topic, named by its id. */
export type Topic = number;

/** What is to be appended. */
export interface Entry {
  /**
   * The serialised publication, complete but for its place. The store keeps it as it is and never reads it. Text as
   * `JSON.stringify` writes it: a NUL, or half of a surrogate pair, need not survive.
   */
  readonly text: string;
  /** The only user that may receive the publication; everybody who may see the topic when absent. */
  readonly to?: string | undefined;
  /** Makes a repeated append return the first result. */
  readonly idempotency?: Idempotency | undefined;
}

/** What is to be appended, and to which log. */
export interface Append extends Entry {
  readonly topic: Topic;
}

/** By what a repeated append is known. */
export interface Idempotency {
  /** Unique within the topic; the caller puts the publisher into it. */
  readonly key: string;
  /** Opaque to the store: kept beside the key, and given back with a repeated append. */
  readonly memo: string;
}

/** What became of an append. */
export interface Appended {
  readonly position: Position;
  /** The memo of the first append with this idempotency key; absent when this append was the first. */
  readonly duplicateOf?: string;
  /** How many subscriptions of all nodes may see the publication, as it was at the first append; absent without nodes. */
  readonly recipients?: number;
}

/** One item of a log. */
export interface Publication {
  readonly offset: number;
  readonly text: string;
  readonly to?: string | undefined;
}

/** Where a log stands. `earliest` is the oldest retained offset, or `top + 1` when nothing is retained. */
export interface LogState {
  readonly epoch: string;
  readonly top: number;
  readonly earliest: number;
}

/** A part of a log together with the state of the log in the same instant. */
export interface Page extends LogState {
  /** In order, without holes, the first one directly after the requested offset or at `earliest`. */
  readonly publications: readonly Publication[];
}

/** Bounds of a page. A page holds at least one publication when there is one, however large. */
export interface PageLimit {
  readonly publications: number;
  /** Characters of text. */
  readonly size: number;
}

/** Publications of one topic that became durable together, in order and without holes. */
export interface Announcement {
  readonly topic: Topic;
  readonly epoch: string;
  readonly publications: readonly Publication[];
}

/** Proof that a user received everything up to a position. */
export interface Receipt {
  readonly topic: Topic;
  readonly userId: string;
  readonly position: Position;
}

/** How much is kept; `Infinity` lifts a limit. A limit that is hit removes the oldest; whoever wanted it sees a gap. */
export interface Retention {
  /** Most publications kept a topic. @default 1_000 */
  readonly publications: number;
  /**
   * How long a publication is kept, in milliseconds. Its idempotency key is kept as long, even when the publication made
   * room for others. @default 7 days
   */
  readonly ageMs: number;
  /**
   * How long epoch, top and receipts of a topic outlive its last append, in milliseconds, so that "nothing was missed"
   * can still be proven. After that the topic is forgotten, and begins a new epoch when it is asked for. At least `ageMs`.
   * @default 30 days, or `ageMs` when that is longer
   */
  readonly topAgeMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** What is kept by a store that is not told otherwise. */
export const DEFAULT_RETENTION: Retention = Object.freeze({
  publications: 1_000,
  ageMs: 7 * DAY_MS,
  topAgeMs: 30 * DAY_MS,
});

/**
 * Keeps the log of every topic. Every method rejects with a `LogUnavailableError` when the store cannot do it now: what
 * was rejected so has no effect.
 */
export interface LogStore {
  /** Several processes that serve these logs; absent when they belong to this process alone. */
  readonly nodes?: Nodes;

  /**
   * Appends to a topic's log, and begins the log when there is none. Resolves when the publication is durable: a
   * process killed afterwards finds it again. Offsets of an epoch are 1, 2, 3 … in the order of the calls, without a
   * hole, and none is ever used twice. The append is announced after it is durable; without nodes also before the
   * promise resolves.
   *
   * @throws {OutcomeUnknownError} when the store was lost before it answered. A retry with the same idempotency key
   *   cannot append twice.
   */
  append(topic: Topic, entry: Entry): Promise<Appended>;

  /**
   * Does many appends, in their order, as if `append` was called for each, and resolves with what became of each in its
   * place. Absent where this would save nothing.
   */
  appendAll?(appends: readonly Append[]): Promise<readonly PromiseSettledResult<Appended>[]>;

  /**
   * Reads publications after an offset, and none after an offset beyond the top. The epoch is the caller's to compare.
   * Begins the log when there is none.
   */
  read(topic: Topic, after: number, limit: PageLimit): Promise<Page>;

  /** Where a topic's log stands. Begins the log when there is none, so that a position in an empty log stays valid. */
  state(topic: Topic): Promise<LogState>;

  /** How many retained publications with `after < offset <= upTo` a user may receive; 0 when there is no log. */
  count(topic: Topic, after: number, upTo: number, userId: string): Promise<number>;

  /**
   * The newest position that a user is proven to have received, on any device; `undefined` for a user never seen. Its
   * epoch is the log's at that time: when another has begun since, the position says that something may be lost.
   */
  received(topic: Topic, userId: string): Promise<Position | undefined>;

  /**
   * Remembers receipts. Ignored are those older than the one known (same epoch, lower offset), those of another epoch
   * than the log's, those beyond the top and those of a topic without a log.
   */
  receive(receipts: readonly Receipt[]): Promise<void>;

  /** For each topic: how many retained publications nobody is proven to have received. Topics with none are left out. */
  unreceived(): Promise<Map<Topic, number>>;

  /**
   * Calls the listener with every announcement until the store is closed: those of a topic in the order of its appends, one
   * for all that became durable together. With nodes, those of topics that are attended here, whichever node appended.
   * A listener that throws harms nobody.
   */
  onAnnouncement(listener: (announcement: Announcement) => void): void;

  /** Finishes what was begun and releases everything. Later calls reject with a `LogUnavailableError`. */
  close(): Promise<void>;
}
