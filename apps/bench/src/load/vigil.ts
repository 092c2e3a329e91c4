/**
 * Keeps this process from sleeping. Whoever writes to a socket whose reader sleeps has to wake the reader, and that costs the
 * writer. The fastest target never lets its readers sleep, a slower one does (measured: 3 wakes for 1,000 deliveries, and
 * 100); on another machine readers would cost neither of them anything.
 */
export class Vigil {
  readonly #received: () => number;
  #awake = true;
  #idleMs = 0;
  #last: number;
  #turnedAt = performance.now();

  /** Begins. What was received so far tells turns in which something came from idle ones. */
  constructor(received: () => number) {
    this.#received = received;
    this.#last = received();
    setImmediate(this.#turn);
  }

  /** Ends it. Returns for how many milliseconds nothing came. */
  end(): number {
    this.#awake = false;
    return this.#idleMs;
  }

  readonly #turn = () => {
    if (!this.#awake) return;
    const now = performance.now();
    const received = this.#received();
    if (received === this.#last) this.#idleMs += now - this.#turnedAt;
    this.#last = received;
    this.#turnedAt = now;
    setImmediate(this.#turn);
  };
}
