import type { Position } from '@vitalwire/protocol';
import type { Appended, Entry, LogState, Page, PageLimit, Receipt, Topic } from './log-store.ts';
import type { Horizon } from './retention.ts';

/**
 * A log that this process alone keeps: every call answers at once. `LocalLogStore` makes a `LogStore` of it. What
 * changes something is called within a transaction only. Every call throws when it cannot be done.
 */
export interface LocalLog {
  /** Why no call can succeed any more until the log is opened again; `undefined` while all is well. */
  readonly broken: Error | undefined;

  /** Whether everything takes effect at once and cannot fail, so that nobody gains by sharing a transaction. */
  readonly instant: boolean;

  /**
   * Does the work as one unit: on return it is durable, after an error none of it took effect. But when the error left
   * the log `broken`, the work may be found when the log is opened again.
   */
  transaction(work: () => void): void;

  /** Begins the log of a topic that has none, or whose log is forgotten. */
  begin(topic: Topic, horizon: Horizon): void;
  append(topic: Topic, entry: Entry, horizon: Horizon): Appended;
  receive(receipt: Receipt, horizon: Horizon): void;
  /** Removes some of what retention no longer keeps, in little time. True when there is more to look at. */
  sweep(horizon: Horizon): boolean;

  /** `undefined` when the topic has no log, like `read` and `received`. */
  state(topic: Topic, horizon: Horizon): LogState | undefined;
  read(topic: Topic, after: number, limit: PageLimit, horizon: Horizon): Page | undefined;
  count(topic: Topic, after: number, upTo: number, userId: string, horizon: Horizon): number;
  received(topic: Topic, userId: string, horizon: Horizon): Position | undefined;
  unreceived(horizon: Horizon): Map<Topic, number>;

  close(): void;
}
