/** A server under test. It runs in the process of `main.ts` and publishes from within. */
export interface Target {
  readonly port: number;
  /** Publishes `count` messages to a topic in one go, numbered from `first`. Rejects when one was not published. */
  publish(topic: number, first: number, count: number): Promise<void> | undefined;
}

/** How a target is started. */
export interface TargetOptions {
  /** A folder of its own, for files. */
  readonly folder: string;
  /** The address of a Redis of its own, for the target that needs one. */
  readonly redis: string | undefined;
}
