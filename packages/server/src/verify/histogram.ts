/** Buckets grow by this factor, so that a figure is at most 5 % off. */
const GROWTH = Math.log(1.05);
const BUCKETS = 512;
/** Everything below counts as this, in milliseconds. */
const SMALLEST = 0.01;

/** Percentiles of durations, in milliseconds. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Durations in buckets: any number of them in the same small memory. */
export class Histogram {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #max = 0;

  add(ms: number): void {
    const bucket = Math.floor(Math.log(Math.max(ms, SMALLEST) / SMALLEST) / GROWTH);
    const index = Math.min(bucket, BUCKETS - 1);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count++;
    this.#max = Math.max(this.#max, ms);
  }

  get percentiles(): Percentiles {
    return { count: this.#count, p50: this.#percentile(0.5), p99: this.#percentile(0.99), max: this.#max };
  }

  #percentile(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (const [index, count] of this.#buckets.entries()) {
      left -= count;
      if (left <= 0) return Math.min(SMALLEST * Math.exp((index + 1) * GROWTH), this.#max);
    }
    return this.#max;
  }
}
