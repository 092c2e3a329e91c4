import type { Entry, Retention, Topic } from '../../log/log-store.ts';

interface ModelPublication {
  readonly offset: number;
  readonly text: string;
  readonly to?: string;
}

interface ModelItem {
  readonly time: number;
  readonly key?: string | undefined;
  readonly memo?: string | undefined;
  readonly publication: ModelPublication;
}

/** One topic: everything that was ever appended, and what is retained as a question asked of it. */
export class TopicModel {
  readonly items: ModelItem[] = [];
  readonly receipts = new Map<string, number>();
  /** Learnt from the store's first answer. */
  epoch: string | undefined;
  lastTime: number;

  constructor(now: number) {
    this.lastTime = now;
  }

  get top(): number {
    return this.items.length;
  }
}

/** What a log store has to do, as simply as it can be said. */
export class LogModel {
  readonly topics = new Map<Topic, TopicModel>();
  /** Every epoch that a topic has had, to see that none comes back. */
  readonly epochs = new Set<string>();
  readonly #retention: Retention;
  now: number;

  constructor(retention: Retention, now: number) {
    this.#retention = retention;
    this.now = now;
  }

  find(topic: Topic): TopicModel | undefined {
    const found = this.topics.get(topic);
    return found && this.now - found.lastTime < this.#retention.topAgeMs ? found : undefined;
  }

  obtain(topic: Topic): TopicModel {
    const found = this.find(topic) ?? new TopicModel(this.now);
    this.topics.set(topic, found);
    return found;
  }

  /** The expected offset, and the memo of the first append when this one repeats it. */
  append(
    topic: Topic,
    { text, to, idempotency }: Entry,
  ): { offset: number; duplicateOf?: string | undefined } {
    const log = this.obtain(topic);
    const first = log.items.findLast((item) => item.key !== undefined && item.key === idempotency?.key);
    if (first && this.#alive(first)) return { offset: first.publication.offset, duplicateOf: first.memo };
    const offset = log.top + 1;
    const publication = to === undefined ? { offset, text } : { offset, text, to };
    log.items.push({ time: this.now, key: idempotency?.key, memo: idempotency?.memo, publication });
    log.lastTime = this.now;
    return { offset };
  }

  retained(topic: Topic): ModelPublication[] {
    const items = this.find(topic)?.items.slice(-this.#retention.publications) ?? [];
    return items.filter((item) => this.#alive(item)).map(({ publication }) => publication);
  }

  unreceived(): Map<Topic, number> {
    const counts = new Map<Topic, number>();
    for (const topic of this.topics.keys()) {
      const furthest = Math.max(0, ...(this.find(topic)?.receipts.values() ?? []));
      const count = this.retained(topic).filter(({ offset }) => offset > furthest).length;
      if (count > 0) counts.set(topic, count);
    }
    return counts;
  }

  #alive({ time }: ModelItem): boolean {
    return this.now - time < this.#retention.ageMs;
  }
}
