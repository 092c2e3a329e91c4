/** An HTTP server of Node, as far as it is needed here. */
export interface EventSource {
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

/**
 * Shows every event of an application's server to `take` first. What it takes, by returning true, no listener of the
 * application sees.
 *
 * The event itself is taken over rather than the listeners, because a listener that the application adds later would
 * otherwise see it, too.
 *
 * @returns a function that gives all events back to the application.
 */
export function takeOver(
  source: EventSource,
  take: (event: string | symbol, args: readonly unknown[]) => boolean,
): () => void {
  const emit = source.emit;
  let attached = true;

  function emitUnlessTaken(this: EventSource, event: string | symbol, ...args: unknown[]): boolean {
    return (attached && take(event, args)) || emit.call(this, event, ...args);
  }

  source.emit = emitUnlessTaken;
  return () => {
    attached = false;
    // Somebody else may have taken over since; then this one stays in between and passes everything on.
    if (source.emit === emitUnlessTaken) source.emit = emit;
  };
}
