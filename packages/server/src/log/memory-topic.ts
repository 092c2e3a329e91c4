import type { Position } from '@vitalwire/protocol';
import { randomId } from '../random-id.ts';
import type { Appended, Entry, LogState, Page, PageLimit, Publication } from './log-store.ts';
import { takePage } from './page.ts';
import { earliestOf, type Horizon, timeOfAppend } from './retention.ts';

/** In one object with its time: there are millions, and the garbage collector moves and looks at each. */
interface Item extends Publication {
  readonly time: number;
}

/** What an idempotency key stands for. */
interface Known {
  readonly time: number;
  readonly offset: number;
  readonly memo: string;
}

/** The log of one topic. What the horizon says is gone is never shown. */
export class MemoryTopic {
  readonly epoch = randomId();
  // Both are made when they are needed: there may be many topics with nothing in them.
  #keys: Map<string, Known> | undefined;
  #receipts: Map<string, number> | undefined;
  #items: Item[] = [];
  #first = 1;
  #top = 0;
  #received = 0;
  #lastTime: number;

  constructor({ now }: Horizon) {
    this.#lastTime = now;
  }

  get first(): number {
    return this.#first;
  }

  get top(): number {
    return this.#top;
  }

  get lastTime(): number {
    return this.#lastTime;
  }

  append({ text, to, idempotency }: Entry, horizon: Horizon): Appended {
    const known = idempotency && this.#known(idempotency.key, horizon);
    if (known) return { position: this.#at(known.offset), duplicateOf: known.memo };
    const time = timeOfAppend(horizon, this.#lastTime);
    const offset = this.#top + 1;
    this.#items.push({ offset, text, to, time });
    this.#top = offset;
    this.#lastTime = time;
    if (idempotency) {
      this.#keys ??= new Map();
      this.#keys.set(idempotency.key, { time, offset, memo: idempotency.memo });
    }
    // What has only expired can wait for a sweep: looking for it would fetch the oldest publication for each append.
    if (offset - this.#first >= horizon.publications) this.trim(horizon);
    return { position: this.#at(offset) };
  }

  #known(key: string, horizon: Horizon): Known | undefined {
    this.trim(horizon);
    return this.#keys?.get(key);
  }

  state(horizon: Horizon): LogState {
    this.trim(horizon);
    return { epoch: this.epoch, top: this.#top, earliest: this.#first };
  }

  read(after: number, limit: PageLimit, horizon: Horizon): Page {
    return { ...this.state(horizon), publications: takePage(this.#after(after), limit) };
  }

  count(after: number, upTo: number, userId: string, horizon: Horizon): number {
    this.trim(horizon);
    let count = 0;
    for (const { offset, to } of this.#after(after)) {
      if (offset > upTo) break;
      if (to === undefined || to === userId) count += 1;
    }
    return count;
  }

  received(userId: string): Position | undefined {
    const offset = this.#receipts?.get(userId);
    return offset === undefined ? undefined : this.#at(offset);
  }

  receive(userId: string, { epoch, offset }: Position): void {
    if (epoch !== this.epoch || offset > this.#top) return;
    this.#receipts ??= new Map();
    this.#receipts.set(userId, Math.max(offset, this.#receipts.get(userId) ?? 0));
    this.#received = Math.max(offset, this.#received);
  }

  unreceived(horizon: Horizon): number {
    this.trim(horizon);
    return this.#top - Math.max(this.#received, this.#first - 1);
  }

  trim(horizon: Horizon): void {
    const earliest = earliestOf(this, horizon, (offset) => this.#item(offset).time);
    // A few of the removed stay in the array, because moving the rest for each of them would be slow.
    this.#first = earliest;
    const oldest = this.#items[0]?.offset ?? earliest;
    const dead = earliest - oldest;
    if (dead * 16 > this.#items.length) this.#items = this.#items.slice(dead);
    for (const [key, { time }] of this.#keys ?? []) {
      if (time > horizon.expired) break;
      this.#keys?.delete(key);
    }
  }

  #at(offset: number): Position {
    return { epoch: this.epoch, offset };
  }

  #item(offset: number): Item {
    const oldest = this.#items[0]?.offset ?? 0;
    const item = this.#items[offset - oldest];
    if (item === undefined) throw new Error(`offset ${offset} is not there`);
    return item;
  }

  *#after(after: number): Generator<Publication> {
    for (let offset = Math.max(after + 1, this.#first); offset <= this.#top; offset += 1) {
      const { text, to } = this.#item(offset);
      yield to === undefined ? { offset, text } : { offset, text, to };
    }
  }
}
