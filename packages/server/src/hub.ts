import type { Position } from '@vitalwire/protocol';
import type { Clock } from './clock.ts';
import type { Cursor } from './cursor.ts';
import { type Batch, partsOf } from './delivery.ts';
import type { Announcement, Topic } from './log/log-store.ts';
import type { Session } from './session.ts';

/** The cursors of one topic in this process, and what the log announced while there were any. */
export class Audience {
  readonly cursors = new Set<Cursor>();
  /** The newest announced position. */
  announced: Position | undefined;
  /** How many announcements there were. */
  announcements = 0;
  #users: Map<string, number> | undefined;

  /** How many of the cursors each user has. Only several nodes want to know it, so it is counted when it is asked for. */
  get users(): ReadonlyMap<string, number> {
    if (this.#users === undefined) {
      this.#users = new Map();
      for (const { userId } of this.cursors) this.#count(userId, 1);
    }
    return this.#users;
  }

  /** How many of the cursors a user has. */
  countOf(userId: string): number {
    if (this.#users !== undefined) return this.#users.get(userId) ?? 0;
    let count = 0;
    for (const cursor of this.cursors) if (cursor.userId === userId) count++;
    return count;
  }

  add(cursor: Cursor): void {
    this.cursors.add(cursor);
    this.#count(cursor.userId, 1);
  }

  /** Whether it was part of the audience. */
  remove(cursor: Cursor): boolean {
    const removed = this.cursors.delete(cursor);
    if (removed) this.#count(cursor.userId, -1);
    return removed;
  }

  #count(userId: string, change: 1 | -1): void {
    if (this.#users === undefined) return;
    const count = (this.#users.get(userId) ?? 0) + change;
    if (count > 0) this.#users.set(userId, count);
    else this.#users.delete(userId);
  }
}

/** So many cursors are told of an announcement by one look at the clock, which costs a hundredth of a delivery. */
const TOLD_AT_ONCE = 16;

/** This process's sessions, and their cursors by topic. Ids come from outside, so they are keys of maps only. */
export class Hub {
  readonly #clock: Pick<Clock, 'elapsed'>;
  readonly #audiences = new Map<Topic, Audience>();
  readonly #sessions = new Set<Session>();
  /** Most users have one, which an array holds in less memory than a set. */
  readonly #sessionsByUser = new Map<string, readonly Session[]>();

  constructor(clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock;
  }

  get sessions(): ReadonlySet<Session> {
    return this.#sessions;
  }

  sessionsOf(userId: string): readonly Session[] {
    return this.#sessionsByUser.get(userId) ?? [];
  }

  add(session: Session): void {
    this.#sessions.add(session);
  }

  /** Notes whose session it is, once that is proven; false when the user has as many as one may have. */
  identify(session: Session, userId: string, most: number): boolean {
    const others = this.#sessionsByUser.get(userId);
    if (others === undefined) {
      this.#sessionsByUser.set(userId, [session]);
      return true;
    }
    if (others.length >= most) return false;
    // Not by spreading, which makes room for sixteen more.
    this.#sessionsByUser.set(userId, others.concat(session));
    return true;
  }

  remove(session: Session, userId: string | undefined): void {
    this.#sessions.delete(session);
    if (userId === undefined) return;
    const others = this.sessionsOf(userId).filter((other) => other !== session);
    if (others.length > 0) this.#sessionsByUser.set(userId, others);
    else this.#sessionsByUser.delete(userId);
  }

  join(cursor: Cursor): Audience {
    let audience = this.#audiences.get(cursor.topic);
    if (!audience) {
      audience = new Audience();
      this.#audiences.set(cursor.topic, audience);
    }
    audience.add(cursor);
    return audience;
  }

  /** The audience that the cursor was part of; `undefined` when it was part of none. */
  leave(cursor: Cursor): Audience | undefined {
    const audience = this.#audiences.get(cursor.topic);
    if (!audience?.remove(cursor)) return undefined;
    if (audience.cursors.size === 0) this.#audiences.delete(cursor.topic);
    return audience;
  }

  /** Hands what the log announced to every cursor of the topic. */
  announce({ topic, epoch, publications }: Announcement): void {
    const audience = this.#audiences.get(topic);
    const first = publications[0];
    const last = publications.at(-1);
    if (!audience || !first || !last) return;
    audience.announced = { epoch, offset: last.offset };
    audience.announcements++;
    const batch: Batch = {
      topic,
      epoch,
      first: first.offset,
      last: last.offset,
      parts: partsOf(epoch, publications),
    };
    let now = 0;
    let told = 0;
    for (const cursor of audience.cursors) {
      if (told++ % TOLD_AT_ONCE === 0) now = this.#clock.elapsed();
      cursor.announce(batch, now);
    }
  }

  /** Announcements of the topic may have been missed, or its log began a new epoch: every cursor reads it again. */
  interrupted(topic: Topic): void {
    for (const cursor of this.#audiences.get(topic)?.cursors ?? []) cursor.interrupted();
  }

  /** How many subscriptions of a topic may see a publication. */
  countRecipients(topic: Topic, to: string | undefined): number {
    const audience = this.#audiences.get(topic);
    if (!audience) return 0;
    return to === undefined ? audience.cursors.size : audience.countOf(to);
  }

  /** Subscriptions of this process by topic. */
  countByTopic(): Map<Topic, number> {
    return new Map([...this.#audiences].map(([topic, { cursors }]) => [topic, cursors.size]));
  }
}
