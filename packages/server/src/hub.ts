import type { Position } from '@vitalwire/protocol';
import type { Cursor } from './cursor.ts';
import { type Batch, partsOf } from './delivery.ts';
import type { Announcement, Topic } from './log/log-store.ts';
import type { Session } from './session.ts';

/** The cursors of one topic in this process, and what the log announced while there were any. */
export interface Audience {
  readonly cursors: Set<Cursor>;
  /** How many of the cursors each user has. */
  readonly users: Map<string, number>;
  /** The newest announced position. */
  announced: Position | undefined;
  /** How many announcements there were. */
  announcements: number;
}

/** This process's sessions, and their cursors by topic. Ids come from outside, so they are keys of maps only. */
export class Hub {
  readonly #audiences = new Map<Topic, Audience>();
  readonly #sessions = new Set<Session>();
  readonly #sessionsByUser = new Map<string, Set<Session>>();

  get sessions(): ReadonlySet<Session> {
    return this.#sessions;
  }

  sessionsOf(userId: string): ReadonlySet<Session> {
    return this.#sessionsByUser.get(userId) ?? new Set();
  }

  add(session: Session): void {
    this.#sessions.add(session);
  }

  /** Notes whose session it is, once that is proven. */
  identify(session: Session, userId: string): void {
    const sessions = this.#sessionsByUser.get(userId) ?? new Set();
    this.#sessionsByUser.set(userId, sessions.add(session));
  }

  remove(session: Session, userId: string | undefined): void {
    this.#sessions.delete(session);
    if (userId === undefined) return;
    const sessions = this.#sessionsByUser.get(userId);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#sessionsByUser.delete(userId);
  }

  join(cursor: Cursor): Audience {
    let audience = this.#audiences.get(cursor.topic);
    if (!audience) {
      audience = { cursors: new Set(), users: new Map(), announced: undefined, announcements: 0 };
      this.#audiences.set(cursor.topic, audience);
    }
    audience.cursors.add(cursor);
    audience.users.set(cursor.userId, (audience.users.get(cursor.userId) ?? 0) + 1);
    return audience;
  }

  /** The audience that the cursor was part of; `undefined` when it was part of none. */
  leave(cursor: Cursor): Audience | undefined {
    const audience = this.#audiences.get(cursor.topic);
    if (!audience?.cursors.delete(cursor)) return undefined;
    const others = (audience.users.get(cursor.userId) ?? 0) - 1;
    if (others > 0) audience.users.set(cursor.userId, others);
    else audience.users.delete(cursor.userId);
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
    for (const cursor of audience.cursors) cursor.announce(batch);
  }

  /** Announcements of the topic may have been missed, or its log began a new epoch: every cursor reads it again. */
  interrupted(topic: Topic): void {
    for (const cursor of this.#audiences.get(topic)?.cursors ?? []) cursor.interrupted();
  }

  /** How many subscriptions of a topic may see a publication. */
  countRecipients(topic: Topic, to: string | undefined): number {
    const audience = this.#audiences.get(topic);
    if (!audience) return 0;
    return to === undefined ? audience.cursors.size : (audience.users.get(to) ?? 0);
  }

  /** Subscriptions of this process by topic. */
  countByTopic(): Map<Topic, number> {
    return new Map([...this.#audiences].map(([topic, { cursors }]) => [topic, cursors.size]));
  }
}
