import type { Logger } from '../logger.ts';
import type { Announcement, Publication, Topic } from './log-store.ts';

interface Pending extends Announcement {
  readonly publications: Publication[];
}

type Listener = (announcement: Announcement) => void;

/** Collects the publications of a transaction, and announces them once for each topic when it is durable. */
export class Announcer {
  readonly #logger: Logger;
  readonly #listeners: Listener[] = [];
  /** By topic, in the epoch that it was in last. */
  #pending = new Map<Topic, Pending>();
  /** Of epochs that ended since. */
  #ended: Announcement[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Remembers a publication until {@link announce} or {@link discard}. */
  collect(topic: Topic, epoch: string, publication: Publication): void {
    const pending = this.#pending.get(topic);
    if (pending?.epoch === epoch) {
      pending.publications.push(publication);
      return;
    }
    if (pending !== undefined) this.#ended.push(pending);
    this.#pending.set(topic, { topic, epoch, publications: [publication] });
  }

  /** Tells every listener. A listener that throws is logged and harms nobody. */
  announce(): void {
    const [ended, pending] = [this.#ended, this.#pending];
    this.discard();
    for (const announcement of ended) this.#tell(announcement);
    for (const announcement of pending.values()) this.#tell(announcement);
  }

  discard(): void {
    this.#pending = new Map();
    this.#ended = [];
  }

  /** Lets the listeners go. */
  close(): void {
    this.#listeners.length = 0;
  }

  #tell(announcement: Announcement): void {
    for (const listener of this.#listeners) {
      try {
        listener(announcement);
      } catch (error) {
        this.#logger.error({ err: error, topic: announcement.topic }, 'a listener of the log failed');
      }
    }
  }
}
