/** Time, as the core sees it. */
export interface Clock {
  /** Milliseconds since 1970; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds since some moment of the past; never jumps, whatever is done to the machine's clock. */
  elapsed(): number;
  /** Calls back every so often until the returned function is called. */
  every(intervalMs: number, callback: () => void): () => void;
  /** Calls back once unless the returned function is called before. At most 24.8 days. */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // A whole number needs no memory of its own where it is kept.
  elapsed: () => Math.floor(performance.now()),
  every(intervalMs, callback) {
    const timer = setInterval(callback, intervalMs);
    return () => clearInterval(timer);
  },
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
