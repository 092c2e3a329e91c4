import { type ErrorBody, type ErrorCode, errorCodes, type Issue, ProtocolError } from '@vitalwire/protocol';
import { RequestError, statusOf, TokenError } from '../errors.ts';
import { failureOf } from '../failure.ts';
import type { Logger } from '../logger.ts';
import type { Answer } from './answer.ts';

/** How long a client waits before it tries again what failed for now, in seconds. */
const RETRY_AFTER_SECONDS = '1';

/** The answer of a request that is refused: the code's status, and a body that says why. */
export function refuse(
  code: ErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  issues: readonly Issue[] = [],
): Answer {
  const body: ErrorBody = { error: code, message, ...(issues.length > 0 && { issues: [...issues] }) };
  return { status: statusOf(code), headers, body: JSON.stringify(body) };
}

/** Answers what a handler threw, and logs it. */
export function errorAnswer(error: unknown, path: string, logger: Logger): Answer {
  logRefusal(error, { path }, logger);
  const { code, message, issues } = refusalOf(error);
  return refuse(code, message, error instanceof RequestError ? headersOf(error) : {}, issues);
}

/** Why something is refused, as it is said to the outside. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly issues: readonly Issue[];
}

/** What is said about an error to the outside. What is not ours to tell becomes `internal_error`. */
export function refusalOf(error: unknown): Refusal {
  if (isInvalidJson(error)) return { code: 'invalid_json', message: error.message, issues: [] };
  if (isAnswer(error)) return error;
  return { code: 'internal_error', message: 'the server could not answer this request', issues: [] };
}

/** Logs why something is refused. */
export function logRefusal(error: unknown, where: { path: string; messages?: number }, logger: Logger): void {
  if (isInvalidJson(error)) return logger.info({ code: error.code, ...where }, 'request refused');
  if (!isAnswer(error)) return logger.error({ ...where, ...failureOf(error) }, 'request failed unexpectedly');
  const fields = { code: error.code, ...where, reason: error.message, ...causeOf(error) };
  if (error.temporary) logger.warn(fields, 'request failed');
  else logger.info(fields, 'request refused');
}

function isInvalidJson(error: unknown): error is ProtocolError {
  return error instanceof ProtocolError && error.code === 'invalid_json';
}

/** A code without a status belongs to WebSocket commands: as an answer to a request it is a mistake of ours. */
function isAnswer(error: unknown): error is RequestError {
  return error instanceof RequestError && 'status' in errorCodes[error.code];
}

function headersOf(error: RequestError): Record<string, string> {
  // `error` tells a token that was refused from one that was not given.
  if (error instanceof TokenError) return { 'WWW-Authenticate': 'Bearer error="invalid_token"' };
  if (error.code === 'invalid_token') return { 'WWW-Authenticate': 'Bearer' };
  return error.temporary ? { 'Retry-After': RETRY_AFTER_SECONDS } : {};
}

/** The kind of the cause says which check failed; the outside is not told. */
function causeOf({ cause }: RequestError): object {
  if (!(cause instanceof Error)) return {};
  const { error, code } = failureOf(cause);
  return { cause: code ?? error };
}
