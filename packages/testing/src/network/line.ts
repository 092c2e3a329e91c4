import { setTimeout as sleep } from 'node:timers/promises';

/** Runs actions in their order, each one not before its delay has passed and the one before it is done. */
export class Line {
  #last: Promise<void> = Promise.resolve();
  waiting = 0;
  /** Called when nothing waits any more. */
  onEmpty = () => {};

  run(delayMs: number, action: () => void | Promise<void>): void {
    if (delayMs > 0 || this.waiting > 0) return this.#later(performance.now() + delayMs, action);
    const done = action();
    if (done instanceof Promise) this.#later(0, () => done);
  }

  #later(due: number, action: () => void | Promise<void>): void {
    this.waiting++;
    this.#last = this.#last.then(async () => {
      const restMs = due - performance.now();
      if (restMs > 0) await sleep(restMs);
      await action();
      this.waiting--;
      if (this.waiting === 0) this.onEmpty();
    });
  }
}
