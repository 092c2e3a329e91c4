/**
 * Keeps positions, so that a client resumes after a reload. Both methods are called synchronously; what they throw is
 * given to `onError` and the client goes on. `save` may return a promise, whose rejection is treated likewise.
 */
export interface PositionStore {
  /** The text last saved under a key. A store that answers later has to be read before the client is created. */
  load(key: string): string | null | undefined;
  /** Called after each publication was handled, with a position as text. */
  save(key: string, position: string): void | Promise<void>;
}
