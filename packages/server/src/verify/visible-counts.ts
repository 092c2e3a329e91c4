import type { SettledLog } from './log-properties.ts';
import type { Publications } from './publications.ts';

/** Counts and lists the publications of one epoch that a user may see. */
export class VisibleCounts {
  /** Known offsets, ascending. */
  readonly #offsets: readonly number[];
  /** Those of publications that are addressed to somebody, ascending: all, and by user. */
  readonly #addressed: number[] = [];
  readonly #addressedTo = new Map<string, number[]>();

  constructor({ values }: SettledLog, publications: Publications) {
    this.#offsets = [...values.keys()];
    for (const [offset, id] of values) {
      const to = publications.get(id)?.begun.to;
      if (to === undefined) continue;
      const own = this.#addressedTo.get(to) ?? [];
      this.#addressedTo.set(to, own);
      own.push(offset);
      this.#addressed.push(offset);
    }
  }

  /** How many publications after one offset, up to another, a user may see; `undefined` when not all are known. */
  between(from: number, to: number, user: string): number | undefined {
    const known = countUpTo(this.#offsets, to) - countUpTo(this.#offsets, from);
    if (known < to - from) return undefined;
    const count = (offsets: readonly number[]) => countUpTo(offsets, to) - countUpTo(offsets, from);
    return known - count(this.#addressed) + count(this.#addressedTo.get(user) ?? []);
  }
}

/** How many of some ascending numbers are at most a limit. */
function countUpTo(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
