/** Random choices that a seed decides (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number, both ends included. */
  integer(first: number, last: number): number {
    return first + Math.floor((last - first + 1) * this.next());
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of several, of which there is at least one. */
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(items.length * this.next())] as T;
  }

  /** So many different ones, or all. */
  some<T>(items: readonly T[], count: number): T[] {
    const left = [...items];
    const taken: T[] = [];
    while (taken.length < count && left.length > 0) {
      taken.push(...left.splice(Math.floor(left.length * this.next()), 1));
    }
    return taken;
  }

  /** Another source of choices, so that what one part draws does not change what another one does. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 2 ** 32));
  }
}
