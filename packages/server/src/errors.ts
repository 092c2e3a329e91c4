import { type ErrorCode, errorCodes, type Issue, VitalwireError } from '@vitalwire/protocol';

/** An option of the server that cannot be used, named. */
export class OptionError extends VitalwireError {
  override readonly name = 'OptionError';
  /** Name of the option, for example `auth.secret`. */
  readonly option: string;

  constructor(option: string, message: string) {
    super('invalid_option', `option ${option}: ${message}`);
    this.option = option;
  }
}

/** A request that is refused; its code decides the HTTP status. */
export class RequestError extends VitalwireError {
  override readonly name: string = 'RequestError';
  declare readonly code: ErrorCode;
  /** The offending fields of an invalid body. */
  readonly issues: readonly Issue[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { issues?: readonly Issue[]; cause?: unknown } = {},
  ) {
    super(code, message, { temporary: errorCodes[code].temporary, cause: options.cause });
    this.issues = options.issues ?? [];
  }
}

/** A token that proves nothing: not ours, altered, or expired. */
export class TokenError extends RequestError {
  override readonly name = 'TokenError';
  /** Whether a fresh token of the same kind would be accepted. */
  readonly expired: boolean;

  constructor(message: string, options: { expired?: boolean; cause?: unknown } = {}) {
    super('invalid_token', message, { cause: options.cause });
    this.expired = options.expired ?? false;
  }
}

/** The log store cannot do what was asked now. Nothing was delivered that was not appended. */
export class LogUnavailableError extends RequestError {
  override readonly name = 'LogUnavailableError';

  constructor(message: string, cause?: unknown) {
    super('unavailable', message, { cause });
  }
}

/** The log store was lost before it said whether the publication was appended. It is not sent again by itself. */
export class OutcomeUnknownError extends RequestError {
  override readonly name = 'OutcomeUnknownError';

  constructor(cause?: unknown) {
    super(
      'outcome_unknown',
      'whether this was published is not known: repeat it with the same Idempotency-Key to find out',
      { cause },
    );
  }
}
