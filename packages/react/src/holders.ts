/**
 * Counts who holds something. `end` is called when the last has let go and nobody has taken hold again by the next
 * microtask: React takes an effect back and runs it again within one task, in StrictMode, on a refresh of the code, and when
 * one component follows another.
 */
export class Holders {
  readonly #end: () => void;
  #count = 0;
  #ended = false;

  constructor(end: () => void) {
    this.#end = end;
  }

  /** Whether somebody holds it. Nobody, though it has not ended, is a matter of microtasks. */
  get held(): boolean {
    return this.#count > 0;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Takes hold. Returns the function that lets go, once. */
  hold(): () => void {
    let holds = true;
    this.#count++;
    return () => {
      if (!holds) return;
      holds = false;
      this.#count--;
      queueMicrotask(() => {
        if (this.#count > 0 || this.#ended) return;
        this.#ended = true;
        this.#end();
      });
    };
  }
}

/**
 * What a handler waits for when nobody holds its subscription any more: for ever. So what it would have been given counts as
 * not handled, and is there for the next one.
 */
export function nobodyThere(): Promise<never> {
  return new Promise(() => {});
}
