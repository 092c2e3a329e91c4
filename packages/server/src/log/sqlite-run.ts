import { checksumOf } from './checksum.ts';
import type { Publication, Topic } from './log-store.ts';

/**
 * A row of the table of publications: those of one topic, for the same recipient, that one transaction appended one after
 * another. Measured: in one row, ten of them cost half of what they cost in rows of their own, and forty a third.
 */
export interface Run {
  /** Of the first one. */
  readonly offset: number;
  readonly time: number;
  /** As JSON; `null` for everybody. */
  readonly recipient: string | null;
  /** The offset of the last one; `null` when it is the only one. */
  readonly last: number | null;
  /** The texts, one below the other. */
  readonly text: string;
}

/** Read as arrays, because many are read and objects are slower to make. */
export type RunRow = readonly [
  offset: number,
  time: number,
  checksum: number,
  recipient: string | null,
  last: number | null,
  text: string,
];

/** Most publications of a run: they are removed together, and each is read for the sake of any other. */
const MOST_PUBLICATIONS = 64;
/** Most characters of a run of several. */
const MOST_CHARACTERS = 32_768;
/** Between the texts. JSON, as `JSON.stringify` writes it, does not have it. */
const SEPARATOR = '\n';

/** A run that publications are added to, until it is full or its transaction ends, which has one time. */
export class GrowingRun {
  readonly #offset: number;
  readonly #time: number;
  readonly #recipient: string | null;
  readonly #texts: string[];
  #characters: number;

  constructor(offset: number, time: number, recipient: string | null, text: string) {
    this.#offset = offset;
    this.#time = time;
    this.#recipient = recipient;
    this.#texts = [text];
    // Text that is no JSON stays alone when it could not be told from two.
    this.#characters = text.includes(SEPARATOR) ? MOST_CHARACTERS : text.length;
  }

  /** Adds the next publication; false when another run has to begin with it. */
  add(recipient: string | null, text: string): boolean {
    const characters = this.#characters + SEPARATOR.length + text.length;
    const fits = this.#texts.length < MOST_PUBLICATIONS && characters <= MOST_CHARACTERS;
    if (!fits || recipient !== this.#recipient || text.includes(SEPARATOR)) return false;
    this.#texts.push(text);
    this.#characters = characters;
    return true;
  }

  finish(): Run {
    const more = this.#texts.length - 1;
    return {
      offset: this.#offset,
      time: this.#time,
      recipient: this.#recipient,
      last: more === 0 ? null : this.#offset + more,
      text: this.#texts.join(SEPARATOR),
    };
  }
}

export function checksumOfRun(topic: Topic, { offset, time, recipient, last, text }: Run): number {
  // As it was before there were runs.
  if (last === null) return checksumOf(topic, offset, time, recipient, text);
  return checksumOf(topic, offset, time, recipient, last, text);
}

/** The run of a row; `undefined` when the file was damaged there since it was written. */
export function runOf(
  topic: Topic,
  [offset, time, checksum, recipient, last, text]: RunRow,
): Run | undefined {
  const run = { offset, time, recipient, last, text };
  return checksum === checksumOfRun(topic, run) ? run : undefined;
}

/** Offset of the last publication of a run. */
export function endOf({ offset, last }: Run): number {
  return last ?? offset;
}

/** The publications of a run from an offset on. */
export function publicationsOf({ offset: first, recipient, last, text }: Run, from: number): Publication[] {
  const texts = last === null ? [text] : text.split(SEPARATOR);
  const to: string | undefined = recipient === null ? undefined : JSON.parse(recipient);
  const skipped = Math.max(0, from - first);
  return texts.slice(skipped).map((own, index) => {
    const offset = first + skipped + index;
    return to === undefined ? { offset, text: own } : { offset, text: own, to };
  });
}
