import { setImmediate } from 'node:timers/promises';
import { type Part, partsOf } from './delivery.ts';
import type { LogState, LogStore, PageLimit, Topic } from './log/log-store.ts';
import { RecentPages } from './recent-pages.ts';

/** A page of a log, framed once for all who asked for it together. */
export interface FramedPage extends LogState {
  /** In order, without holes, the first one directly after the requested offset or at `earliest`. */
  readonly parts: readonly Part[];
}

/** Characters of text that are remembered at most: what a thousand topics miss in a minute of much traffic. */
const MOST_REMEMBERED = 8_000_000;

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
  readonly #recent = new RecentPages(MOST_REMEMBERED);
  readonly #counts = new Shared<number>();

  /** @param limit of every page. */
  constructor(log: LogStore, limit: PageLimit) {
    this.#log = log;
    this.#limit = limit;
  }

  /** As {@link LogStore.read}, with the limit of every page. */
  page(topic: Topic, after: number): Promise<FramedPage> {
    const key = `${topic}:${after}`;
    return this.#pages.ask(key, async () => {
      // A log that stands where it stood holds what it held: what an epoch says at an offset never changes.
      const known = this.#recent.get(key);
      if (known !== undefined && isAt(await this.#log.state(topic), known)) return known;
      this.#recent.delete(key);
      return this.#read(key, topic, after);
    });
  }

  /**
   * Forgets every page that nobody asked for since the last call. Called about every second: pages are remembered for
   * those who come one after another, as all clients do after a restart.
   */
  forget(): void {
    this.#recent.age();
  }

  async #read(key: string, topic: Topic, after: number): Promise<FramedPage> {
    const { epoch, top, earliest, publications } = await this.#log.read(topic, after, this.#limit);
    const page = { epoch, top, earliest, parts: partsOf(epoch, publications) };
    const size = publications.reduce((sum, { text }) => sum + text.length, 0);
    if (size > 0) this.#recent.set(key, page, size);
    return page;
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

function isAt(now: LogState, { epoch, top, earliest }: LogState): boolean {
  return now.epoch === epoch && now.top === top && now.earliest === earliest;
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
  /** Resolves when this turn is over; there is one for all questions of it. */
  #turn: Promise<void> | undefined;

  ask(key: string, question: () => Promise<T>): Promise<T> {
    let answer = this.#next.get(key);
    if (answer === undefined) {
      answer = (this.#asked.get(key) ?? this.#endOfTurn()).then(() => this.#begin(key, question));
      this.#next.set(key, answer);
    }
    return answer;
  }

  #endOfTurn(): Promise<void> {
    this.#turn ??= setImmediate().then(() => {
      this.#turn = undefined;
    });
    return this.#turn;
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
