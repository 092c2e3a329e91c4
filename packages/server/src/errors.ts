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

/**
 * A request that is refused; its code decides the HTTP status. Express, Fastify, Koa and whatever else knows the errors of
 * `http-errors` answer one that an application's handler lets through with this status.
 */
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

  /** The HTTP status that says this; 500 for a code that occurs in commands only. */
  get status(): number {
    return statusOf(this.code);
  }

  /** As {@link status}, by the name that Fastify looks for. */
  get statusCode(): number {
    return this.status;
  }

  /** Whether the message is for whoever sent the request: when the request is at fault, and not the server. */
  get expose(): boolean {
    return this.status < 500;
  }
}

/** The HTTP status that goes with a code; 500 for a code of commands, with which no request should end. */
export function statusOf(code: ErrorCode): number {
  const entry = errorCodes[code];
  return 'status' in entry ? entry.status : 500;
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
