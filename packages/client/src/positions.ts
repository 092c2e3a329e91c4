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

/** `sessionStorage` where there is one, and memory, so that it works as well where storage is full or denied. */
export function defaultPositions() {
  const memory = new Map<string, string>();
  return {
    load(key: string) {
      try {
        return memory.get(key) ?? sessionStorage.getItem(key);
      } catch {
        return undefined;
      }
    },
    save(key: string, position: string) {
      memory.set(key, position);
      try {
        sessionStorage.setItem(key, position);
      } catch {
        // Full, denied or not there: this page goes on from memory.
      }
    },
  } satisfies PositionStore;
}

/**
 * The key of one user's position. It names server and user, so that another user of the same tab never inherits a
 * position.
 */
export function positionKey(url: string, user: string, diagnosisId: number): string {
  // The order and the encoding make keys unambiguous, whatever a user id contains.
  return `vitalwire:${diagnosisId}:${encodeURIComponent(user)}:${url}`;
}
