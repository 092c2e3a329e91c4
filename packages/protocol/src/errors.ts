/** Base of every error that Vitalwire throws: a stable `code`, and whether trying again can help. */
export class VitalwireError extends Error {
  override readonly name: string = 'VitalwireError';
  /** Stable name of what went wrong. */
  readonly code: string;
  /** Whether the same request may succeed later. */
  readonly temporary: boolean;

  constructor(code: string, message: string, options: { temporary?: boolean; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.temporary = options.temporary ?? false;
  }
}

/** One offending field. */
export interface Issue {
  /** Names of fields and indexes from the outside in, joined by dots; empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** A frame or a body that does not follow the protocol. */
export class ProtocolError extends VitalwireError {
  override readonly name = 'ProtocolError';
  /** Every offending field; empty when the text is no JSON at all. */
  readonly issues: readonly Issue[];

  constructor(code: string, message: string, issues: readonly Issue[] = []) {
    super(code, message);
    this.issues = issues;
  }
}
