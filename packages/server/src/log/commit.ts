/** Makes writes durable. */
export interface Commit<Context> {
  /**
   * Does the work, in the order of the calls. Resolves with its result when it is durable and told of; rejects with what
   * `failure` makes of what was thrown.
   *
   * @param size how many writes the work does; it is never divided, however many.
   */
  add<Result>(
    work: (context: Context) => Result,
    failure: (error: unknown) => unknown,
    size?: number,
  ): Promise<Result>;

  /** Does and tells now what waits. */
  drain(): void;
}
