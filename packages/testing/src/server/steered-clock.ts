import type { Clock } from '@vitalwire/server';

interface Timer {
  /** By {@link SteeredClock.elapsed}. */
  due: number;
  readonly intervalMs: number | undefined;
  readonly callback: () => void;
  handle: NodeJS.Timeout | undefined;
}

/** The system's time, which can be set forward: it goes on from there, and what falls due meanwhile happens at once. */
export class SteeredClock implements Clock {
  readonly #timers = new Set<Timer>();
  #aheadMs: number;

  /** @param aheadMs how far it is ahead of the system's from the start. @default 0 */
  constructor(aheadMs = 0) {
    this.#aheadMs = aheadMs;
  }

  /** How far it is ahead of the system's, in milliseconds. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  now(): number {
    return Date.now() + this.#aheadMs;
  }

  elapsed(): number {
    return performance.now() + this.#aheadMs;
  }

  every(intervalMs: number, callback: () => void): () => void {
    return this.#start(intervalMs, intervalMs, callback);
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#start(delayMs, undefined, callback);
  }

  /** Sets it forward. An interval that fell due many times calls back once. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('time goes forward only');
    this.#aheadMs += ms;
    for (const timer of this.#timers) this.#arm(timer);
  }

  #start(delayMs: number, intervalMs: number | undefined, callback: () => void): () => void {
    const timer: Timer = { due: this.elapsed() + delayMs, intervalMs, callback, handle: undefined };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => {
      clearTimeout(timer.handle);
      this.#timers.delete(timer);
    };
  }

  #arm(timer: Timer): void {
    clearTimeout(timer.handle);
    timer.handle = setTimeout(() => this.#fire(timer), Math.max(0, timer.due - this.elapsed()));
  }

  #fire(timer: Timer): void {
    if (timer.intervalMs === undefined) this.#timers.delete(timer);
    else {
      timer.due = Math.max(timer.due + timer.intervalMs, this.elapsed());
      this.#arm(timer);
    }
    timer.callback();
  }
}
