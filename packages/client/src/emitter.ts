interface Entry {
  readonly type: string;
  readonly handler: (...values: never[]) => unknown;
}

/** Calls user code without being harmed by it: what a handler throws, or rejects with, is reported. */
export class Emitter {
  readonly #entries = new Set<Entry>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  on(type: string, handler: Entry['handler']): () => void {
    const entry = { type, handler };
    this.#entries.add(entry);
    return () => {
      this.#entries.delete(entry);
    };
  }

  /** The handlers in the order of their registration, as of now. */
  entries(): Entry[] {
    return [...this.#entries];
  }

  has(entry: Entry): boolean {
    return this.#entries.has(entry);
  }

  /** Calls the handlers of a type at once, without waiting for any. */
  emit(type: string, value: unknown): void {
    for (const entry of this.entries()) {
      if (entry.type === type && this.#entries.has(entry)) void this.call(entry.handler, value);
    }
  }

  /** Calls one function and waits for it. Never throws or rejects. */
  async call(handler: (...values: never[]) => unknown, ...values: unknown[]): Promise<void> {
    try {
      await handler(...(values as never[]));
    } catch (error) {
      this.#report(error);
    }
  }
}
