import type { Position } from '@vitalwire/protocol';
import type { LogStore, Receipt, Topic } from './log/log-store.ts';
import type { Logger } from './logger.ts';

/**
 * What users are proven to have received, gathered here and written to the log store now and then, since a receipt that
 * is lost costs at most a publication delivered again to a client that keeps no position.
 */
export class Receipts {
  readonly #log: Pick<LogStore, 'receive' | 'received'>;
  readonly #logger: Logger;
  /** By topic, then by user. */
  #pending = new Map<Topic, Map<string, Position>>();
  #writing: Promise<void> = Promise.resolve();

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
    await this.flush();
    return this.#log.received(topic, userId);
  }

  /** Writes what is pending, and waits for what is being written. A failure is logged; its receipts wait for the next time. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const pending = this.#pending;
    if (pending.size === 0) return;
    this.#pending = new Map();
    const receipts = [...pending].flatMap(([topic, users]) =>
      [...users].map(([userId, position]) => ({ topic, userId, position })),
    );
    try {
      await this.#log.receive(receipts);
    } catch (error) {
      this.#logger.warn({ err: error, receipts: receipts.length }, 'receipts not written yet');
      // What was proven meanwhile is newer and wins.
      const newer = this.#pending;
      this.#pending = pending;
      for (const [topic, users] of newer)
        for (const [userId, position] of users) this.add({ topic, userId, position });
    }
  }
}
