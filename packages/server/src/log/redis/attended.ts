import type { Position } from '@vitalwire/protocol';
import type { Topic } from '../log-store.ts';
import type { Link } from './link.ts';

/** Beats in a row of which nothing is heard before the subscription counts as dead. */
const MOST_UNHEARD = 2;

/** A topic that this node follows. */
export class Attended {
  readonly topic: Topic;
  users: ReadonlyMap<string, number>;
  /** The link over which the topic's channel is subscribed. */
  link: Link | undefined;
  /** The counts that Redis has of this node; `undefined` when it may have any. */
  written: ReadonlyMap<string, number> | undefined;
  /** The newest position that was announced here, or from which this node began to listen. */
  known: Position | undefined;
  /** Somebody may have read the log since, and relies on being told what comes after. */
  followed = false;
  /** When there was nobody any more, in monotonic milliseconds. */
  emptySince: number | undefined;
  #unheard = 0;
  /** The last publication that came over the channel. */
  #last: Position | undefined;
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(topic: Topic, users: ReadonlyMap<string, number>) {
    this.topic = topic;
    this.users = users;
  }

  get count(): number {
    let sum = 0;
    for (const count of this.users.values()) sum += count;
    return sum;
  }

  /** Users whose count is not what Redis has, with the count. */
  changes(): (string | number)[] {
    const { written = new Map() } = this;
    const changed: (string | number)[] = [];
    for (const [user, count] of this.users) {
      if (written.get(user) !== count) changed.push(JSON.stringify(user), count);
    }
    for (const user of written.keys()) if (!this.users.has(user)) changed.push(JSON.stringify(user), 0);
    return changed;
  }

  /** Writes one after the other; whoever comes while a write waits for its turn shares it. */
  write(work: () => Promise<void>): Promise<void> {
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined;
      const written = work();
      this.#writing = written.catch(() => {});
      return written;
    });
    return this.#next;
  }

  /** Something is said on the channel, some seconds after the last time: this node has to hear of it as well. */
  beat(): void {
    this.#unheard++;
  }

  /**
   * Something came over the channel: so many publications, the last of them at this position. Whether one of them has an
   * offset that was given away before.
   */
  heard(position?: Position, publications = 0): boolean {
    this.#unheard = 0;
    if (position === undefined) return false;
    const last = this.#last;
    this.#last = position;
    return last?.epoch === position.epoch && position.offset - publications < last.offset;
  }

  /** A channel was subscribed anew; what was written over the link before is not certain. */
  startOver(link: Link): void {
    this.link = link;
    this.written = undefined;
    this.#unheard = 0;
  }

  get deaf(): boolean {
    return this.#unheard > MOST_UNHEARD;
  }
}
