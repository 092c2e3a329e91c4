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
  #pending = new Gathered();
  /** Given to the log, which has not answered yet. */
  #given = new Gathered();
  #writing: Promise<void> = Promise.resolve();
  /** The write that waits for the one before it. */
  #next: Promise<void> | undefined;

  constructor(log: Pick<LogStore, 'receive' | 'received'>, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  add(receipt: Receipt): void {
    this.#pending.receipts.push(receipt);
  }

  /** The newest position that a user is proven to have received. */
  async of(topic: Topic, userId: string): Promise<Position | undefined> {
    // Of most users who come back the log knows everything: nobody waits for the receipts of others.
    if (this.#pending.concerns(topic, userId) || this.#given.concerns(topic, userId)) await this.flush();
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
    const { receipts } = this.#pending;
    if (receipts.length === 0) return;
    this.#given = this.#pending;
    this.#pending = new Gathered();
    try {
      // Also several of one user, by several devices: for the log the one that is ahead counts.
      await this.#log.receive(receipts);
    } catch (error) {
      this.#logger.warn({ err: error, receipts: receipts.length }, 'receipts not written yet');
      this.#pending = new Gathered(newestOf([...receipts, ...this.#pending.receipts]));
    } finally {
      this.#given = new Gathered();
    }
  }
}

/** Receipts in the order of their proofs. There is one a second for each connection: adding one must cost nothing more. */
class Gathered {
  readonly receipts: Receipt[];
  /** Whom the first of them concern, found out when somebody asks. */
  readonly #concerned = new Map<Topic, Set<string>>();
  #looked = 0;

  constructor(receipts: Receipt[] = []) {
    this.receipts = receipts;
  }

  concerns(topic: Topic, userId: string): boolean {
    for (const receipt of this.receipts.slice(this.#looked)) {
      const users = this.#concerned.get(receipt.topic) ?? new Set();
      this.#concerned.set(receipt.topic, users.add(receipt.userId));
    }
    this.#looked = this.receipts.length;
    return this.#concerned.get(topic)?.has(userId) === true;
  }
}

/** What counts of them, so that they do not pile up while the log takes none: of each topic and user the newest. */
function newestOf(receipts: readonly Receipt[]): Receipt[] {
  const newest = new Map<string, Receipt>();
  for (const receipt of receipts) {
    const { topic, userId, position } = receipt;
    const key = `${topic} ${userId}`;
    const known = newest.get(key)?.position;
    if (known?.epoch === position.epoch && known.offset >= position.offset) continue;
    newest.set(key, receipt);
  }
  return [...newest.values()];
}
