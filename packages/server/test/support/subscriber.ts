import { formatPosition, type Position, parsePosition, type Recovery } from '@vitalwire/protocol';
import { expect } from 'vitest';
import { Cursor, type Outlet } from '../../src/cursor.ts';
import { type Selection, visibleTo } from '../../src/delivery.ts';
import type { Hub } from '../../src/hub.ts';
import type { LogState, Topic } from '../../src/log/log-store.ts';
import type { Nodes } from '../../src/log/nodes.ts';
import type { SharedReads } from '../../src/shared-reads.ts';
import { framesIn } from '../../src/testing/frames-in.ts';

/** A publication as it was appended. Every one has another text. */
export interface Sent {
  readonly text: string;
  readonly to: string | undefined;
}

/** Everything that was ever appended to a topic: by epoch, in the order of the offsets. */
export type History = ReadonlyMap<string, readonly Sent[]>;

interface Received extends Position {
  readonly text: string;
}

/** A text that a log keeps, unlike any other. */
export function textOf(number: number): string {
  return JSON.stringify({ type: 'x', number });
}

/** One subscription of a user from the earliest publication on, and everything that it was told, in order. */
export class Subscriber implements Outlet {
  readonly events: (Recovery | Received)[] = [];
  writable = true;
  halts = 0;
  cursor: Cursor;
  #refused = false;
  readonly #topic: Topic;
  readonly #userId: string;
  readonly #hub: Hub;
  readonly #reads: SharedReads;
  readonly #nodes: Nodes | undefined;

  constructor(topic: Topic, userId: string, hub: Hub, reads: SharedReads, nodes: Nodes | undefined) {
    this.#topic = topic;
    this.#userId = userId;
    this.#hub = hub;
    this.#reads = reads;
    this.#nodes = nodes;
    this.cursor = this.#subscribe();
  }

  /** What a session does about every second, and a client whose subscription was refused. */
  tick(): void {
    this.cursor.retry();
    if (!this.#refused) return;
    this.#refused = false;
    this.cursor = this.#subscribe();
  }

  /** The peer takes nothing for now. */
  block(): void {
    this.writable = false;
  }

  /** The peer took what waited for it. */
  drain(): void {
    this.writable = true;
    this.cursor.drained();
  }

  #subscribe(): Cursor {
    const cursor = new Cursor(this.#topic, this.#userId, this.#reads, this);
    void cursor.open(this.#hub.join(cursor), 'earliest', this.#nodes);
    return cursor;
  }

  opened(_: Cursor, recovery: Recovery): void {
    this.events.push(recovery);
  }

  deliver(_: Cursor, { bytes }: Selection): void {
    for (const { payload } of framesIn(bytes)) {
      const { epoch, offset, ...rest } = JSON.parse(payload);
      this.events.push({ epoch, offset, text: JSON.stringify(rest) });
    }
  }

  halted(): void {
    this.halts += 1;
  }

  failed(cursor: Cursor): void {
    expect(this.events, 'what has begun stands still, and does not fail').toEqual([]);
    cursor.close();
    this.#hub.leave(cursor);
    this.#refused = true;
  }

  /** Follows what it was told from place to place: nothing left out, nothing twice, but for gaps that were announced. */
  expectUnbroken(history: History, end: LogState): void {
    let place: Position | undefined;
    const left = new Set<string>();
    for (const event of this.events) {
      if ('text' in event) {
        this.#expectNext(place, event, history);
        place = event;
      } else {
        const from = parsePosition(event.from);
        this.#expectRecovery(place, event, from, history);
        if (place && place.epoch !== from?.epoch) left.add(place.epoch);
        expect(left).not.toContain(from?.epoch);
        place = from;
      }
    }
    expect(place?.epoch).toBe(end.epoch);
    expect(this.#visibleBetween(history, place, end.top)).toEqual([]);
    expect(this.cursor.position).toEqual({ epoch: end.epoch, offset: end.top });
    expect(this.cursor.live).toBe(true);
  }

  #expectNext(place: Position | undefined, received: Received, history: History): void {
    const { epoch, offset, text } = received;
    expect(epoch).toBe(place?.epoch);
    expect(offset).toBeGreaterThan(place?.offset ?? 0);
    expect(this.#visibleBetween(history, place, offset)).toEqual([text]);
  }

  #expectRecovery(
    place: Position | undefined,
    recovery: Recovery,
    from: Position | undefined,
    history: History,
  ): void {
    if (place === undefined) return expect(recovery.status).toBe('fresh');
    if (recovery.status !== 'gap') expect.fail(`${recovery.status} after ${formatPosition(place)}`);
    // It stands beyond what was delivered when more followed that was for others.
    const lastSeen = parsePosition(recovery.last_seen);
    expect(lastSeen?.epoch).toBe(place.epoch);
    expect(this.#visibleBetween(history, place, lastSeen?.offset ?? Infinity)).toEqual([]);
    if (from?.epoch !== place.epoch) return expect(recovery.reason).toBe('epoch_changed');
    expect(recovery.reason).toBe('retention');
    expect(from.offset).toBeGreaterThan(lastSeen?.offset ?? Infinity);
  }

  /** What the user may see after a place, up to an offset. */
  #visibleBetween(history: History, place: Position | undefined, upTo: number): string[] {
    const sent = history.get(place?.epoch ?? '') ?? [];
    const between = sent.slice(place?.offset ?? 0, upTo);
    return between.filter((item) => visibleTo(this.#userId, item)).map(({ text }) => text);
  }
}
