import type { Clock } from '@vitalwire/server';

/** Time that runs faster, so that the server's real waiting times can be waited for. */
export function fastClock(speed: number): Clock {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * speed,
    elapsed: () => performance.now() * speed,
    every(intervalMs, callback) {
      const timer = setInterval(callback, intervalMs / speed);
      return () => clearInterval(timer);
    },
    after(delayMs, callback) {
      const timer = setTimeout(callback, delayMs / speed);
      return () => clearTimeout(timer);
    },
  };
}

/** The system's time, which a test can set forward; timers fire when they would have. */
export class ShiftedClock implements Clock {
  #shiftMs = 0;

  now(): number {
    return Date.now() + this.#shiftMs;
  }

  elapsed(): number {
    return performance.now() + this.#shiftMs;
  }

  shift(ms: number): void {
    this.#shiftMs += ms;
  }

  every(intervalMs: number, callback: () => void): () => void {
    const timer = setInterval(callback, intervalMs);
    return () => clearInterval(timer);
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  }
}
