import type { Cursor } from './cursor.ts';

/** No payload of a ping. */
const NONE = 0;

/**
 * What one peer is proven to have received. A WebSocket keeps its order, so the answer to a ping proves everything that
 * was sent before the ping. One ping is under way at a time.
 */
export class Proof {
  #payload = NONE;
  /** Those of the session when the ping was sent: whoever was closed meanwhile has received it all the same. */
  #asked: readonly Cursor[] = [];

  /** A ping with this payload is about to be sent: begins a proof of what these cursors handed over up to now. */
  begin(payload: number, cursors: readonly Cursor[]): void {
    for (const cursor of cursors) cursor.ask();
    this.#asked = cursors;
    this.#payload = payload;
  }

  /** Takes a pong: whose proof it brings, or `undefined` when nobody asked for it. */
  settle(payload: number): readonly Cursor[] | undefined {
    if (this.#payload === NONE || payload !== this.#payload) return undefined;
    this.#payload = NONE;
    return this.#asked;
  }
}
