import type { Position } from '@vitalwire/protocol';
import type { Cursor } from './cursor.ts';
import type { Receipt } from './log/log-store.ts';

/**
 * What one peer is proven to have received. A WebSocket keeps its order, so the answer to a ping proves everything that
 * was sent before the ping. One ping is under way at a time.
 */
export class Proof {
  /** Cursors that moved since the last ping. */
  readonly #moved = new Set<Cursor>();
  #pending: { payload: string; positions: Map<Cursor, Position> } | undefined;
  #pings = 0;

  /** Whether there is anything to prove. */
  get due(): boolean {
    return this.#moved.size > 0;
  }

  moved(cursor: Cursor): void {
    this.#moved.add(cursor);
  }

  /** The cursor is closed: what was not asked for yet is not proven any more. */
  left(cursor: Cursor): void {
    this.#moved.delete(cursor);
  }

  /** Begins a proof. Returns the payload of its ping. */
  begin(): string {
    const payload = String(++this.#pings);
    const positions = new Map([...this.#moved].map((cursor) => [cursor, cursor.position]));
    this.#moved.clear();
    this.#pending = { payload, positions };
    return payload;
  }

  /** Takes a pong: what it proves, or `undefined` when nobody asked for it. */
  settle(payload: string): Receipt[] | undefined {
    if (this.#pending?.payload !== payload) return undefined;
    const { positions } = this.#pending;
    this.#pending = undefined;
    return [...positions].map(([{ topic, userId }, position]) => ({ topic, userId, position }));
  }
}
