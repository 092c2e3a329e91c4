import type { Clock } from '../clock.ts';

interface Timer {
  due: number;
  readonly order: number;
  readonly intervalMs?: number;
  readonly callback: () => void;
}

/** A {@link Clock} that moves only when it is told to. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #wall: number;
  // Timers follow this one: it never goes back, like the clock that timers of an operating system follow.
  #elapsed = 0;
  #started = 0;

  /** @param now Milliseconds since 1970. @default the beginning of 2026 */
  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#wall = now;
  }

  /** How many timers are waiting; 0 when everything was stopped. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#wall;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  every(intervalMs: number, callback: () => void): () => void {
    const interval = Math.max(1, intervalMs);
    return this.#start({
      due: this.#elapsed + interval,
      order: this.#started,
      intervalMs: interval,
      callback,
    });
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#start({ due: this.#elapsed + Math.max(0, delayMs), order: this.#started, callback });
  }

  /**
   * Lets time pass. Calls back, in order and each at its time, whatever falls due, also what the callbacks start.
   * What callbacks leave to promises happens when the caller awaits.
   */
  advance(ms: number): void {
    const end = this.#elapsed + ms;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#pass(timer.due - this.#elapsed);
      if (timer.intervalMs === undefined) this.#timers.delete(timer);
      else timer.due += timer.intervalMs;
      timer.callback();
    }
    this.#pass(end - this.#elapsed);
  }

  /** Sets the clock forwards or backwards, as an operator does: timers take no notice. */
  set(now: number): void {
    this.#wall = now;
  }

  #start(timer: Timer): () => void {
    this.#started += 1;
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  #pass(ms: number): void {
    this.#elapsed += ms;
    this.#wall += ms;
  }

  #next(end: number): Timer | undefined {
    const due = [...this.#timers].filter((timer) => timer.due <= end);
    return due.sort((a, b) => a.due - b.due || a.order - b.order)[0];
  }
}
