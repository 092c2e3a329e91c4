/** One thing that waits for the handlers. */
interface Step {
  /** Waits as long as nobody wants publications. */
  readonly publication: boolean;
  run(): void | Promise<void>;
}

/** What waits for the handlers of a subscription, in order. */
export interface Inbox {
  /** How much waits, with what is under way. */
  readonly size: number;
  /** Adds what is run when everything before it is done. */
  put(run: Step['run'], publication?: boolean): void;
  /** Forgets what waits. What is under way is finished. */
  clear(): void;
  /** Does what waits, one after another, as far as it may. */
  drain(): Promise<void>;
}

/** Creates an inbox. It does what is `ready`, and calls `emptied` each time that nothing waits any more. */
export function createInbox(ready: (step: Step) => boolean, emptied: () => void): Inbox {
  let steps: Step[] = [];
  let draining = false;
  const drain = async () => {
    if (draining) return;
    draining = true;
    for (;;) {
      // It may be cleared meanwhile.
      const waiting = steps;
      const [step] = waiting;
      if (!step || !ready(step)) break;
      await step.run();
      waiting.shift();
    }
    draining = false;
    if (steps.length === 0) emptied();
  };
  return {
    get size() {
      return steps.length;
    },
    put(run, publication = false) {
      steps.push({ publication, run });
      void drain();
    },
    clear() {
      steps = [];
    },
    drain,
  };
}
