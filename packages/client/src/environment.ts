/** Tells when a connection deserves a doubt: the device woke up, came online, or the page was shown. */
export interface Environment {
  /** Calls `listener` at each such moment until the returned function is called. */
  onWake(listener: () => void): () => void;
}

/** The signals of browsers; nothing elsewhere. */
export const browserEnvironment: Environment = {
  onWake(listener) {
    const over = new AbortController();
    const { document } = globalThis as { document?: Document };
    const visible = () => document?.hidden || listener();
    for (const type of ['online', 'pageshow', 'visibilitychange', 'resume']) {
      // `visibilitychange` bubbles up to the window, `resume` does not.
      (type === 'resume' ? document : globalThis)?.addEventListener?.(type, visible, {
        signal: over.signal,
      });
    }
    return () => over.abort();
  },
};
