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
