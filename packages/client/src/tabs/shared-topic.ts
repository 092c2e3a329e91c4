import { formatPosition, type Position, parsePosition, type Recovery } from '@vitalwire/protocol';

/** Publications of a topic that are kept for tabs that join. */
const MOST_KEPT = 1_000;
/** UTF-16 code units of them. */
const MOST_KEPT_LENGTH = 1_000_000;

interface Kept {
  readonly offset: number;
  readonly text: string;
}

/** What a tab is given that joins a topic: the answer, and the publications after its position. */
export interface Joined {
  readonly recovery: Recovery;
  readonly frames: readonly string[];
}

/**
 * What came of one topic over the shared connection, so that a further tab can be told exactly what follows on its
 * position. What is not known for certain is not answered.
 */
export class SharedTopic {
  readonly #epoch: string;
  /** Everything after this offset is kept. */
  #from: number;
  /** Everything up to here came. */
  #top: number;
  /** Where the server's own catching up ends, and how much of it is still to come. */
  readonly #to: number;
  #left: number;
  #kept: Kept[] = [];
  #length = 0;

  readonly #askedAfter: string | undefined;

  /** Begins with the server's answer to a subscribe, which asked for what comes after `askedAfter`. */
  constructor({ from, to, count }: Recovery, askedAfter: string | undefined) {
    this.#askedAfter = askedAfter;
    const start = parsePosition(from);
    this.#epoch = start?.epoch ?? '';
    this.#from = start?.offset ?? 0;
    this.#top = this.#from;
    this.#to = parsePosition(to)?.offset ?? this.#from;
    this.#left = count;
  }

  /** A publication came. */
  took({ epoch, offset }: Position, text: string): void {
    // Of another life of the log: no tab will take it, and each will ask anew.
    if (epoch !== this.#epoch || offset <= this.#top) return;
    this.#top = offset;
    this.#left = offset < this.#to ? Math.max(0, this.#left - 1) : 0;
    this.#kept.push({ offset, text });
    this.#length += text.length;
    while (this.#kept.length > MOST_KEPT || this.#length > MOST_KEPT_LENGTH) this.#forget();
  }

  /** What a tab gets that asks for what comes after `after`; `undefined` when that is not known here. */
  join(after: string | undefined): Joined | undefined {
    if (after === 'latest') return this.#after(this.#top, 'fresh');
    if (after === undefined) {
      // What this user has not received anywhere: nothing, unless the shared connection skipped it.
      return this.#askedAfter === 'latest' ? undefined : this.#after(this.#top, 'fresh');
    }
    const position = parsePosition(after);
    if (position?.epoch !== this.#epoch) return undefined;
    const { offset } = position;
    return offset >= this.#from && offset <= this.#top ? this.#after(offset, 'recovered') : undefined;
  }

  #after(offset: number, status: 'fresh' | 'recovered'): Joined {
    const frames = this.#kept.filter((kept) => kept.offset > offset).map(({ text }) => text);
    const at = (place: number) => formatPosition({ epoch: this.#epoch, offset: place });
    const to = at(Math.max(this.#top, this.#to));
    return { recovery: { status, from: at(offset), to, count: frames.length + this.#left }, frames };
  }

  #forget(): void {
    const oldest = this.#kept.shift();
    this.#from = oldest?.offset ?? this.#top;
    this.#length -= oldest?.text.length ?? 0;
  }
}
