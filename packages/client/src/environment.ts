/** Tells when a connection that seems open deserves a doubt: the device woke up, came online, or the page was shown. */
export interface Environment {
  /** Calls `listener` at each such moment until the returned function is called. */
  onWake(listener: () => void): () => void;
}
