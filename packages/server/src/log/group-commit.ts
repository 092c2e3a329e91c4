/** One transaction never holds more than this, so that a burst does not block the process for long. */
const MAX_TRANSACTION = 1_000;

interface Waiting {
  run(): void;
  succeed(): void;
  fail(error: unknown): void;
}

/** What a {@link GroupCommit} does its work through. */
export interface GroupCommitDriver {
  /** Runs the work as one unit, durable on return; throws when it failed as a whole. */
  transaction(work: () => void): void;
  /** The transaction is durable, and nobody was told yet. Never throws. */
  committed?(): void;
  /** The transaction failed. Never throws. */
  failed?(): void;
}

/** Collects the writes of one turn of the event loop into one transaction, so that they share its price. */
export class GroupCommit {
  readonly #driver: GroupCommitDriver;
  #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(driver: GroupCommitDriver) {
    this.#driver = driver;
  }

  /**
   * Does the work within the transaction of this turn, in the order of the calls. Resolves with its result when the
   * transaction is durable; rejects with what the transaction threw, whichever part of it was the reason.
   */
  add<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.#waiting.push({
        run: () => {
          result = work();
        },
        succeed: () => resolve(result),
        fail: reject,
      });
      this.#schedule();
    });
  }

  /** Commits now what waits. */
  drain(): void {
    while (this.#waiting.length > 0) this.#commit();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#commit();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #commit(): void {
    const group = this.#waiting.splice(0, MAX_TRANSACTION);
    if (group.length === 0) return;
    try {
      this.#driver.transaction(() => {
        for (const waiting of group) waiting.run();
      });
    } catch (error) {
      this.#driver.failed?.();
      for (const waiting of group) waiting.fail(error);
      return;
    }
    this.#driver.committed?.();
    for (const waiting of group) waiting.succeed();
  }
}
