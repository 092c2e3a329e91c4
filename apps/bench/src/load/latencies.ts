import { NumberAfter } from './number-after.ts';

/** How long publications were on their way, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The time from publishing, which stands in `recommendation_id`, to reading. */
export class Latencies {
  readonly #stamp = new NumberAfter('"recommendation_id":"');
  readonly #micros: number[] = [];

  /** Takes a publication that was read at a time, in microseconds. */
  add(bytes: Buffer, start: number, end: number, readAt: number): void {
    this.#micros.push(readAt - (this.#stamp.read(bytes, start, end) ?? Number.NaN));
  }

  /** @throws when nothing was read. */
  summary(): Latency {
    const sorted = Float64Array.from(this.#micros).sort();
    const at = (share: number) => {
      const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
      if (value === undefined || Number.isNaN(value)) throw new Error('no latency was measured');
      return value / 1_000;
    };
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
