import type { Timing } from './options.ts';

/** Bytes that may rest in the buffers of the network: while more than this is unproven, a late pong proves nothing. */
const NETWORK_BUFFER_BYTES = 65_536;

/** Long ago. Like every time here a whole number, which needs no memory of its own. */
const NEVER = -(2 ** 30);

/** What a connection needs now. */
export type LivenessVerdict = 'fine' | 'ping' | 'dead' | 'stalled';

/**
 * Judges one connection by what it took and what it answered. It holds no timer: it is asked every second or so, and told
 * the time by a clock that never jumps.
 *
 * A peer is dead when it leaves a ping unanswered. But a ping waits behind everything that was sent before it, so to a
 * peer that has much to take, only taking nothing at all counts as silence, and for longer.
 */
export class Liveness {
  readonly #timing: Timing;
  #heardAt: number;
  #tookAt: number;
  #pingedAt = NEVER;
  #pingPending = false;
  /** How many bytes were sent when the newest pong arrived, and at the last verdict. */
  #sentUntilPong = 0;
  #sentUntilVerdict = 0;
  #waiting = 0;

  constructor(timing: Timing, now: number) {
    this.#timing = timing;
    this.#heardAt = now;
    this.#tookAt = now;
  }

  /** Any frame arrived. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  pinged(now: number): void {
    this.#pingedAt = now;
    this.#pingPending = true;
  }

  /**
   * The pending ping was answered, and with it everything before it.
   *
   * @param sent bytes sent so far.
   */
  ponged(now: number, sent: number): void {
    this.#pingPending = false;
    this.#sentUntilPong = sent;
    this.#heardAt = now;
    this.#tookAt = now;
  }

  /** When a ping that proves receipt may be sent at the earliest. */
  get provableFrom(): number {
    return this.#pingedAt + this.#timing.receiptIntervalMs;
  }

  /** Whether a ping that proves receipt may be sent now: one at a time, and not too often. */
  mayProve(now: number): boolean {
    return !this.#pingPending && now >= this.provableFrom;
  }

  /**
   * @param sent bytes sent so far.
   * @param waiting how many of them the operating system has not taken.
   */
  verdict(now: number, sent: number, waiting: number): LivenessVerdict {
    const taken = this.#waiting + sent - this.#sentUntilVerdict - waiting;
    this.#waiting = waiting;
    this.#sentUntilVerdict = sent;
    const unproven = sent - this.#sentUntilPong;
    if (taken > 0 || (waiting === 0 && unproven === 0)) this.#tookAt = now;
    const slow = waiting > 0 || unproven > NETWORK_BUFFER_BYTES;
    if (slow) return now - this.#tookAt >= this.#timing.stallTimeoutMs ? 'stalled' : 'fine';
    if (this.#pingPending) return now - this.#pingedAt >= this.#timing.pongTimeoutMs ? 'dead' : 'fine';
    return now - this.#heardAt >= this.#timing.pingIntervalMs ? 'ping' : 'fine';
  }
}
