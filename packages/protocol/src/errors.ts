/** Base of every error that Vitalwire throws: a stable `code`, and whether trying again can help. */
export class VitalwireError extends Error {
  override readonly name: string = 'VitalwireError';
  /** Stable name of what went wrong. */
  readonly code: string;
  /** Whether the same request may succeed later. */
  readonly temporary: boolean;

  constructor(code: string, message: string, options: { temporary?: boolean; cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
    this.temporary = options.temporary ?? false;
  }
}
