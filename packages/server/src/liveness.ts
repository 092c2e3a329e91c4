import type { Timing } from './options.ts';

/** Bytes that may rest in the buffers of the network: while more than this is unproven, a late pong proves nothing. */
const NETWORK_BUFFER_BYTES = 65_536;

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
  #pingedAt = Number.NEGATIVE_INFINITY;
  #pingPending = false;
  #sent = 0;
  /** Of what was sent: when the newest pong arrived, and at the last verdict. */
  #sentUntilPong = 0;
  #sentUntilVerdict = 0;
  #buffered = 0;

  constructor(timing: Timing, now: number) {
    this.#timing = timing;
    this.#heardAt = now;
    this.#tookAt = now;
  }

  /** Any frame arrived. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  sent(bytes: number): void {
    this.#sent += bytes;
  }

  pinged(now: number): void {
    this.#pingedAt = now;
    this.#pingPending = true;
  }

  /** The pending ping was answered, and with it everything before it. */
  ponged(now: number): void {
    this.#pingPending = false;
    this.#sentUntilPong = this.#sent;
    this.#heardAt = now;
    this.#tookAt = now;
  }

  /** Whether a ping that proves receipt may be sent now: one at a time, and not too often. */
  mayProve(now: number): boolean {
    return !this.#pingPending && now - this.#pingedAt >= this.#timing.receiptIntervalMs;
  }

  verdict(now: number, bufferedAmount: number): LivenessVerdict {
    const taken = this.#buffered + this.#sent - this.#sentUntilVerdict - bufferedAmount;
    this.#buffered = bufferedAmount;
    this.#sentUntilVerdict = this.#sent;
    const unproven = this.#sent - this.#sentUntilPong;
    if (taken > 0 || (bufferedAmount === 0 && unproven === 0)) this.#tookAt = now;
    const slow = bufferedAmount > 0 || unproven > NETWORK_BUFFER_BYTES;
    if (slow) return now - this.#tookAt >= this.#timing.stallTimeoutMs ? 'stalled' : 'fine';
    if (this.#pingPending) return now - this.#pingedAt >= this.#timing.pongTimeoutMs ? 'dead' : 'fine';
    return now - this.#heardAt >= this.#timing.pingIntervalMs ? 'ping' : 'fine';
  }
}
