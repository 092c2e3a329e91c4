interface Entry {
  readonly type: string;
  readonly handler: (...values: never[]) => unknown;
}

/** Calls user code without being harmed by it. */
export interface Emitter {
  /** Calls `handler` for a type, until the returned function is called. */
  on(type: string, handler: Entry['handler']): () => void;
  /** The handlers in the order of their registration, as of now. */
  entries(): Entry[];
  has(entry: Entry): boolean;
  /** Calls the handlers of a type at once, without waiting for any. */
  emit(type: string, value: unknown): void;
}

/** Creates an emitter. What a handler throws, or rejects with, is given to `report`. */
export function createEmitter(report: (error: unknown) => void): Emitter {
  const registered = new Set<Entry>();
  const entries = () => [...registered];
  return {
    on(type, handler) {
      const entry = { type, handler };
      registered.add(entry);
      return () => {
        registered.delete(entry);
      };
    },
    entries,
    has: (entry) => registered.has(entry),
    emit(type, value) {
      for (const entry of entries()) {
        const call = async () => {
          await entry.handler(value as never);
        };
        if (entry.type === type && registered.has(entry)) call().catch(report);
      }
    },
  };
}
