import { VitalwireError } from './errors.ts';

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
