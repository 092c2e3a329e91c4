import type { Commit } from './commit.ts';

/**
 * For a log that does everything at once: does the work when it is called for, and tells of all that a turn of the event
 * loop did when the turn ends. So what waits for that are results, and not the work, which a garbage collector would have
 * to move.
 */
export class PromptCommit<Context> implements Commit<Context> {
  readonly #context: () => Context;
  readonly #tell: () => void;
  #scheduled = false;
  /** Resolves when the work of this turn is told of: one for all who wait. */
  #told: Promise<void> = Promise.resolve();
  #resolveTold = () => {};

  /** @param tell tells of what was done since the last call. Never throws. */
  constructor(context: () => Context, tell: () => void) {
    this.#context = context;
    this.#tell = tell;
  }

  add<Result>(work: (context: Context) => Result, failure: (error: unknown) => unknown): Promise<Result> {
    this.#schedule();
    try {
      const result = work(this.#context());
      return this.#told.then(() => result);
    } catch (error) {
      return Promise.reject(failure(error));
    }
  }

  drain(): void {
    this.#scheduled = false;
    const resolve = this.#resolveTold;
    this.#tell();
    resolve();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#told = new Promise((resolve) => {
      this.#resolveTold = resolve;
    });
    setImmediate(() => this.drain());
  }
}
