/** What may be logged about an error of unknown origin. */
export interface Failure {
  readonly error: string;
  readonly code?: string;
  /** Where it was thrown, innermost first. */
  readonly at?: readonly string[];
}

/**
 * Describes an error for the log, without its message: what an embedder's function or a library throws may quote a
 * token or the content of a message.
 */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { error: error.name, ...code, at: framesOf(error) };
}

const MOST_FRAMES = 8;

/** The frames follow the message, which may hold lines that look like frames: so it is cut off first. */
function framesOf({ stack = '', message }: Error): string[] {
  const start = stack.indexOf(message);
  if (start === -1) return [];
  return stack
    .slice(start + message.length)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, MOST_FRAMES);
}
