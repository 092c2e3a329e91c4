import type { Commit } from './commit.ts';

/**
 * One transaction never holds more than this, so that a burst does not block the process for long: four whole batches,
 * which cost a fifth less together than one by one.
 */
const MAX_TRANSACTION = 4_000;

/** Work that waits for its transaction. */
interface Waiting<Context, Result> {
  readonly work: (context: Context) => Result;
  readonly size: number;
  readonly failure: (error: unknown) => unknown;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** What a {@link GroupCommit} does its work through. */
export interface GroupCommitDriver<Context> {
  /** Runs the work as one unit, durable on return; throws when it failed as a whole. */
  transaction(work: (context: Context) => void): void;
  /** The transaction is durable, and nobody was told yet. Never throws. */
  committed?(): void;
  /** The transaction failed. Never throws. */
  failed?(): void;
}

/** Collects the writes of one turn of the event loop into one transaction, so that they share its price. */
export class GroupCommit<Context> implements Commit<Context> {
  readonly #driver: GroupCommitDriver<Context>;
  #waiting: Waiting<Context, unknown>[] = [];
  #scheduled = false;

  constructor(driver: GroupCommitDriver<Context>) {
    this.#driver = driver;
  }

  /**
   * Does the work within the transaction of this turn, in the order of the calls. Resolves with its result when the
   * transaction is durable; rejects with what `failure` makes of what the transaction threw, whichever part of it was the
   * reason.
   *
   * @param size how many writes the work does; it is never divided, however many.
   */
  add<Result>(
    work: (context: Context) => Result,
    failure: (error: unknown) => unknown,
    size = 1,
  ): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ work, size, failure, resolve: resolve as (result: unknown) => void, reject });
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
    const group = this.#waiting.splice(0, groupOf(this.#waiting));
    if (group.length === 0) return;
    let results: unknown[] = [];
    try {
      this.#driver.transaction((context) => {
        results = group.map(({ work }) => work(context));
      });
    } catch (error) {
      this.#driver.failed?.();
      for (const { reject, failure } of group) reject(failure(error));
      return;
    }
    this.#driver.committed?.();
    for (const [index, { resolve }] of group.entries()) resolve(results[index]);
  }
}

/** How much of what waits one transaction does: at least one, however large. */
function groupOf(waiting: readonly { readonly size: number }[]): number {
  let total = 0;
  const end = waiting.findIndex(({ size }, index) => {
    total += size;
    return total > MAX_TRANSACTION && index > 0;
  });
  return end === -1 ? waiting.length : end;
}
