import type { Position } from '@vitalwire/protocol';
import type { LogStore, Receipt, Topic } from './log/log-store.ts';
import type { Logger } from './logger.ts';

/** The newest position of each user, by topic. */
type ByTopic = Map<Topic, Map<string, Position>>;

/**
 * What users are proven to have received, gathered here and written to the log store now and then, since a receipt that
 * is lost costs at most a publication delivered again to a client that keeps no position.
 */
export class Receipts {
  readonly #log: Pick<LogStore, 'receive' | 'received'>;
  readonly #logger: Logger;
  #pending: ByTopic = new Map();
  /** Given to the log, which has not answered yet. */
  #given: ByTopic = new Map();
  #writing: Promise<void> = Promise.resolve();
  /** The write that waits for the one before it. */
  #next: Promise<void> | undefined;

  constructor(log: Pick<LogStore, 'receive' | 'received'>, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  add({ topic, userId, position }: Receipt): void {
    const users = this.#pending.get(topic) ?? new Map<string, Position>();
    this.#pending.set(topic, users);
    const known = users.get(userId);
    // Several devices of one user: the one that is ahead counts.
    if (known?.epoch === position.epoch && known.offset >= position.offset) return;
    users.set(userId, position);
  }

  /** The newest position that a user is proven to have received. */
  async of(topic: Topic, userId: string): Promise<Position | undefined> {
    // Of most users who come back the log knows everything: nobody waits for the receipts of others.
    const waits = this.#pending.get(topic)?.has(userId) || this.#given.get(topic)?.has(userId);
    if (waits) await this.flush();
    return this.#log.received(topic, userId);
  }

  /**
   * Writes what is pending, and waits for what is being written. A failure is logged; its receipts wait for the next time.
   * Whoever comes while a write waits for its turn shares it.
   */
  flush(): Promise<void> {
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined;
      return this.#write();
    });
    this.#writing = this.#next;
    return this.#next;
  }

  async #write(): Promise<void> {
    const given = this.#pending;
    if (given.size === 0) return;
    this.#given = given;
    this.#pending = new Map();
    const receipts = [...given].flatMap(([topic, users]) =>
      [...users].map(([userId, position]) => ({ topic, userId, position })),
    );
    try {
      await this.#log.receive(receipts);
    } catch (error) {
      this.#logger.warn({ err: error, receipts: receipts.length }, 'receipts not written yet');
      // What was proven meanwhile is newer and wins.
      const newer = this.#pending;
      this.#pending = given;
      for (const [topic, users] of newer)
        for (const [userId, position] of users) this.add({ topic, userId, position });
    } finally {
      this.#given = new Map();
    }
  }
}
