/** Tells what happens to the device and the page that a client lives in. */
export interface Environment {
  /**
   * Calls `listener` at each moment when a connection deserves a doubt, until the returned function is called: the
   * device woke up, its network changed, the page is shown or goes on.
   */
  onWake(listener: () => void): () => void;
  /** Calls `listener` when the page is about to be frozen or put aside, and runs next after a wake, if ever. */
  onSleep?(listener: () => void): () => void;
}

const TICK_MS = 500;
/** A tick that is later than this was held up: by a device that slept, or by a browser that throttles the page. */
const LATE_MS = 2_500;

function listen(listener: (event: Event) => void, types: readonly string[]): () => void {
  const over = new AbortController();
  for (const type of types) {
    // `freeze` and `resume` are the document's and do not bubble, but on their way down the window sees them.
    globalThis.addEventListener?.(type, listener, { capture: true, signal: over.signal });
  }
  return () => over.abort();
}

/** Not so: `pageshow` and `pagehide` of a page that is loaded or left, which is no wake and no sleep. */
const counts = (event: Event & { persisted?: boolean }) => event.persisted !== false;

/** What browsers tell, where there is one; and everywhere the clock, since nothing tells that a device slept. */
export const deviceEnvironment: Environment = {
  onWake(listener) {
    let seenAt = Date.now();
    const timer = setInterval(() => {
      const away = Date.now() - seenAt;
      seenAt += away;
      if (away > LATE_MS) listener();
    }, TICK_MS);
    const stop = listen(
      (event) => {
        const hides = event.type === 'visibilitychange' && document.hidden;
        if (counts(event) && !hides) listener();
      },
      ['online', 'offline', 'pageshow', 'visibilitychange', 'resume'],
    );
    return () => {
      clearInterval(timer);
      stop();
    };
  },
  onSleep: (listener) => listen((event) => counts(event) && listener(), ['freeze', 'pagehide']),
};
