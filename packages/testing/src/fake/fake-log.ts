import {
  formatPosition,
  type GapReason,
  type Position,
  parseAfter,
  type Recovery,
} from '@vitalwire/protocol';

/** One item of a fake log. */
export interface FakePublication {
  readonly offset: number;
  /** The message, complete. */
  readonly message: object;
  readonly to?: string | undefined;
}

/** The log of one diagnosis, in memory. */
export class FakeLog {
  #epochs = 1;
  #top = 0;
  #publications: FakePublication[] = [];

  get epoch(): string {
    return `epoch-${this.#epochs}`;
  }

  get top(): Position {
    return { epoch: this.epoch, offset: this.#top };
  }

  /** Appends what the place makes of it. */
  append(messageAt: (place: Position) => object, to: string | undefined): Position {
    this.#top++;
    this.#publications.push({ offset: this.#top, message: messageAt(this.top), to });
    return this.top;
  }

  /** What a user may see after an offset. */
  after(offset: number, userId: string | undefined): FakePublication[] {
    return this.#publications.filter(
      (one) => one.offset > offset && (one.to === undefined || one.to === userId),
    );
  }

  /** Loses all but the newest publications. */
  evict(keep: number): void {
    this.#publications = keep === 0 ? [] : this.#publications.slice(-keep);
  }

  /** Loses everything, and begins anew. */
  renew(): void {
    this.#epochs++;
    this.#top = 0;
    this.#publications = [];
  }

  /** What becomes of a subscription that begins after a place, and the offset after which it goes on. */
  recovery(after: string | undefined, userId: string | undefined): { recovery: Recovery; from: number } {
    const earliest = (this.#publications[0]?.offset ?? this.#top + 1) - 1;
    const held = after === undefined ? undefined : parseAfter(after);
    if (held === undefined || typeof held === 'string') {
      return this.#from(held === 'latest' ? this.#top : earliest, 'fresh', userId);
    }
    const reason = this.#breakOf(held, earliest);
    if (!reason) return this.#from(held.offset, 'recovered', userId);
    const { recovery, from } = this.#from(earliest, 'fresh', userId);
    const firstAvailable = formatPosition({ epoch: this.epoch, offset: earliest + 1 });
    const gap = { reason, last_seen: formatPosition(held), first_available: firstAvailable };
    return { recovery: { ...recovery, status: 'gap', ...gap }, from };
  }

  #breakOf({ epoch, offset }: Position, earliest: number): GapReason | undefined {
    if (epoch !== this.epoch) return 'epoch_changed';
    if (offset > this.#top) return 'position_unknown';
    return offset < earliest ? 'retention' : undefined;
  }

  #from(offset: number, status: 'fresh' | 'recovered', userId: string | undefined) {
    const from = formatPosition({ epoch: this.epoch, offset });
    const count = this.after(offset, userId).length;
    return { recovery: { status, from, to: formatPosition(this.top), count }, from: offset };
  }
}
