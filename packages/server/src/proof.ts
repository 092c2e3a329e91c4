import type { Cursor } from './cursor.ts';
import type { Receipt } from './log/log-store.ts';

/**
 * What one peer is proven to have received. A WebSocket keeps its order, so the answer to a ping proves everything that
 * was sent before the ping. One ping is under way at a time.
 */
export class Proof {
  /** Cursors that moved since the last ping. */
  #moved: Cursor[] = [];
  #pending: { payload: string; receipts: Receipt[] } | undefined;
  #pings = 0;

  /** Whether there is anything to prove. */
  get due(): boolean {
    return this.#moved.length > 0;
  }

  moved(cursor: Cursor): void {
    if (cursor.unproven) return;
    cursor.unproven = true;
    this.#moved.push(cursor);
  }

  /** The cursor is closed: what was not asked for yet is not proven any more. */
  left(cursor: Cursor): void {
    if (cursor.unproven) this.#moved = this.#moved.filter((moved) => moved !== cursor);
  }

  /** Begins a proof. Returns the payload of its ping. */
  begin(): string {
    const payload = String(++this.#pings);
    const receipts = this.#moved.map(({ topic, userId, position }) => ({ topic, userId, position }));
    for (const cursor of this.#moved) cursor.unproven = false;
    this.#moved = [];
    this.#pending = { payload, receipts };
    return payload;
  }

  /** Takes a pong: what it proves, or `undefined` when nobody asked for it. */
  settle(payload: string): Receipt[] | undefined {
    if (this.#pending?.payload !== payload) return undefined;
    const { receipts } = this.#pending;
    this.#pending = undefined;
    return receipts;
  }
}
