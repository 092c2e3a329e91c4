import type { Topic } from './log-store.ts';

/** Who is connected to one process, or to all of them together. */
export interface Census {
  readonly connections: number;
  /** Subscriptions by topic; topics without any are left out. */
  readonly subscriptions: ReadonlyMap<Topic, number>;
}

/**
 * What a log store offers whose logs are served by several processes, its nodes. Nodes know of one another only through
 * the store. Methods that return a promise reject with a `LogUnavailableError` when the store cannot do it now.
 */
export interface Nodes {
  /**
   * Makes announcements of a topic heard here, and counts this node's subscriptions of it: by user, in a map that the
   * caller keeps up to date and that stays the same object while it holds anybody. Called again after every change.
   * Resolves when no later announcement is missed and later appends count what the map holds. While the map is
   * empty, announcements of the topic may or may not be heard.
   */
  attend(topic: Topic, users: ReadonlyMap<string, number>): Promise<void>;

  /**
   * Calls the listener when announcements of a topic may have been missed, or its log began a new epoch: whoever follows
   * the topic has to read its log again. Only topics that somebody attends are named.
   */
  onInterruption(listener: (topic: Topic) => void): void;

  /** Resolves when this node can append, read, and hear what is announced. */
  check(): Promise<void>;

  /** Lets the other nodes know who is connected here. The function is called about once a second. */
  report(own: () => Census): void;

  /** Who is connected to all nodes: to this one now, to the others up to some seconds ago. */
  census(): Promise<Census>;

  /** Tells every node, also those that start later, that the tokens of a user are void which were issued until then. */
  revoke(userId: string, atMs: number): Promise<void>;

  /** Calls the listener with every revocation, of whatever node and time, at least once. */
  onRevocation(listener: (userId: string, atMs: number) => void): void;
}
