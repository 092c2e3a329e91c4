import { setImmediate } from 'node:timers/promises';
import { type Delivery, frame, partition } from './delivery.ts';
import type { LogState, LogStore, PageLimit, Topic } from './log/log-store.ts';

/** A page of a log, framed once for all who asked for it together. */
export interface FramedPage extends LogState {
  /** In order, without holes, the first one directly after the requested offset or at `earliest`. */
  readonly parts: readonly (readonly Delivery[])[];
}

/** No user: what may be shown to nobody in particular may be shown to everybody. */
const NOBODY = '';

/**
 * Reads the log once for the many that ask the same: after a restart or a new epoch all subscribers of a topic do, at
 * the same moment and from the same place.
 *
 * Whoever asks shares an answer only as long as the log was not asked for it yet. So every answer is as new to each of
 * them as if it had asked alone: it holds what was durable when it asked, and no read that began before an interruption
 * answers who asks after it.
 */
export class SharedReads {
  readonly #log: LogStore;
  readonly #limit: PageLimit;
  readonly #pages = new Shared<FramedPage>();
  readonly #counts = new Shared<number>();

  /** @param limit of every page. */
  constructor(log: LogStore, limit: PageLimit) {
    this.#log = log;
    this.#limit = limit;
  }

  /** As {@link LogStore.read}. */
  page(topic: Topic, after: number): Promise<FramedPage> {
    return this.#pages.ask(`${topic}:${after}`, async () => {
      const { epoch, top, earliest, publications } = await this.#log.read(topic, after, this.#limit);
      return { epoch, top, earliest, parts: partition(frame(epoch, publications)) };
    });
  }

  /** As {@link LogStore.count}. */
  async count(topic: Topic, after: number, upTo: number, userId: string): Promise<number> {
    const forEverybody = await this.#counts.ask(`${topic}:${after}:${upTo}`, () =>
      this.#log.count(topic, after, upTo, NOBODY),
    );
    // Nothing is missing, so nothing is addressed to anyone.
    if (forEverybody === upTo - after) return forEverybody;
    return this.#log.count(topic, after, upTo, userId);
  }
}

/**
 * Asks each question once for all who ask it in one turn. While it is being answered, whoever asks waits and shares the
 * next answer: a log that is slow is asked one thing once at a time, however many want to know it.
 */
class Shared<T> {
  /** Questions that will be asked. */
  readonly #next = new Map<string, Promise<T>>();
  /** Questions that are being answered; resolves when they are, whatever came of it. */
  readonly #asked = new Map<string, Promise<void>>();

  ask(key: string, question: () => Promise<T>): Promise<T> {
    let answer = this.#next.get(key);
    if (answer === undefined) {
      answer = (this.#asked.get(key) ?? setImmediate()).then(() => this.#begin(key, question));
      this.#next.set(key, answer);
    }
    return answer;
  }

  #begin(key: string, question: () => Promise<T>): Promise<T> {
    this.#next.delete(key);
    const answer = question();
    const asked = answer.then(done, done).then(() => {
      if (this.#asked.get(key) === asked) this.#asked.delete(key);
    });
    this.#asked.set(key, asked);
    return answer;
  }
}

const done = () => {};
