import type { Position } from '@vitalwire/protocol';
import type {
  Announcement,
  Appended,
  Entry,
  LogState,
  LogStore,
  Page,
  PageLimit,
  Receipt,
  Topic,
} from '@vitalwire/server';

/** What was done to logs, so that it can be done again after a restart. */
export interface LogChanges {
  /** Topic and the oldest offset that is still there. */
  readonly evicted: readonly (readonly [topic: Topic, earliest: number])[];
  /** Topic and the logs that it had in the store, the present one last. */
  readonly renewed: readonly (readonly [topic: Topic, kept: readonly Topic[]])[];
}

/**
 * A log store whose logs can lose their past while the server runs, topic by topic, as by retention or by the loss of
 * its data. The store below keeps everything: an evicted publication is hidden, and a new epoch is another log below.
 */
export class SteeredLog implements LogStore {
  readonly #store: LogStore;
  readonly #earliest: Map<Topic, number>;
  readonly #kept: Map<Topic, readonly Topic[]>;

  constructor(store: LogStore, changes?: LogChanges) {
    this.#store = store;
    this.#earliest = new Map(changes?.evicted);
    this.#kept = new Map(changes?.renewed);
  }

  get changes(): LogChanges {
    return { evicted: [...this.#earliest], renewed: [...this.#kept] };
  }

  /** Loses the publications of a topic, all but the newest ones. */
  async evict(topic: Topic, keep = 0): Promise<void> {
    const { top, earliest } = await this.state(topic);
    this.#earliest.set(topic, Math.max(earliest, top + 1 - keep));
  }

  /** Loses the whole log of a topic: an empty one begins, with another epoch. */
  async renew(topic: Topic): Promise<void> {
    const before = this.#keptOf(topic);
    // Topics of servers are positive, so nobody else has this one.
    const unused = -1 - [...this.#kept.values()].flat().filter((kept) => kept < 0).length;
    this.#kept.set(topic, [...before, unused]);
    this.#earliest.delete(topic);
    await this.state(topic);
  }

  async append(topic: Topic, entry: Entry): Promise<Appended> {
    return this.#store.append(this.#present(topic), entry);
  }

  async read(topic: Topic, after: number, limit: PageLimit): Promise<Page> {
    const from = Math.max(after, this.#floor(topic) - 1);
    return this.#hide(topic, await this.#store.read(this.#present(topic), from, limit));
  }

  async state(topic: Topic): Promise<LogState> {
    return this.#hide(topic, await this.#store.state(this.#present(topic)));
  }

  async count(topic: Topic, after: number, upTo: number, userId: string): Promise<number> {
    const from = Math.max(after, this.#floor(topic) - 1);
    return this.#store.count(this.#present(topic), from, upTo, userId);
  }

  /** A receipt of a log before this one says that something may be lost. */
  async received(topic: Topic, userId: string): Promise<Position | undefined> {
    for (const kept of [...this.#keptOf(topic)].reverse()) {
      const position = await this.#store.received(kept, userId);
      if (position) return position;
    }
    return undefined;
  }

  async receive(receipts: readonly Receipt[]): Promise<void> {
    await this.#store.receive(
      receipts.map((receipt) => ({ ...receipt, topic: this.#present(receipt.topic) })),
    );
  }

  async unreceived(): Promise<Map<Topic, number>> {
    const counts = new Map<Topic, number>();
    for (const [kept, count] of await this.#store.unreceived()) {
      const topic = this.#topicOf(kept);
      if (topic === undefined) continue;
      // Nobody has received the newest ones, so what is hidden comes off first.
      const { top, earliest } = await this.state(topic);
      const left = Math.min(count, top + 1 - earliest);
      if (left > 0) counts.set(topic, left);
    }
    return counts;
  }

  onAnnouncement(listener: (announcement: Announcement) => void): void {
    this.#store.onAnnouncement((announcement) => {
      const topic = this.#topicOf(announcement.topic);
      if (topic !== undefined) listener({ ...announcement, topic });
    });
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #floor(topic: Topic): number {
    return this.#earliest.get(topic) ?? 1;
  }

  #hide<State extends LogState>(topic: Topic, state: State): State {
    return { ...state, earliest: Math.max(state.earliest, this.#floor(topic)) };
  }

  #keptOf(topic: Topic): readonly Topic[] {
    return this.#kept.get(topic) ?? [topic];
  }

  /** The log below that a topic has now. */
  #present(topic: Topic): Topic {
    return this.#keptOf(topic).at(-1) ?? topic;
  }

  /** The topic whose present log this is; `undefined` when it was lost. */
  #topicOf(kept: Topic): Topic | undefined {
    for (const [topic, logs] of this.#kept) {
      if (logs.at(-1) === kept) return topic;
      if (logs.includes(kept)) return undefined;
    }
    return kept;
  }
}
