import type { Logger } from '../logger.ts';
import type { Announcement, Publication, Topic } from './log-store.ts';

type Listener = (announcement: Announcement) => void;

/** Collects the publications of a transaction, and announces them once for each topic when it is durable. */
export class Announcer {
  readonly #logger: Logger;
  readonly #listeners: Listener[] = [];
  #pending = new Map<Topic, { epoch: string; publications: Publication[] }[]>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Remembers a publication until {@link announce} or {@link discard}. */
  collect(topic: Topic, epoch: string, publication: Publication): void {
    const runs = this.#pending.get(topic) ?? [];
    this.#pending.set(topic, runs);
    const run = runs.at(-1);
    if (run?.epoch === epoch) run.publications.push(publication);
    else runs.push({ epoch, publications: [publication] });
  }

  /** Tells every listener. A listener that throws is logged and harms nobody. */
  announce(): void {
    const pending = this.#pending;
    this.#pending = new Map();
    for (const [topic, runs] of pending) {
      for (const { epoch, publications } of runs) this.#tell({ topic, epoch, publications });
    }
  }

  discard(): void {
    this.#pending.clear();
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
