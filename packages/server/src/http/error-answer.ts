import { type ErrorBody, type ErrorCode, errorCodes, type Issue, ProtocolError } from '@vitalwire/protocol';
import { RequestError, TokenError } from '../errors.ts';
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
  const entry: { temporary: boolean; status?: number } = errorCodes[code];
  const body: ErrorBody = { error: code, message, ...(issues.length > 0 && { issues: [...issues] }) };
  return { status: entry.status ?? 500, headers, body: JSON.stringify(body) };
}

/** Answers what a handler threw, and logs it. What is not ours to tell becomes `internal_error`. */
export function errorAnswer(error: unknown, path: string, logger: Logger): Answer {
  if (error instanceof ProtocolError && error.code === 'invalid_json') {
    logger.info({ code: error.code, path }, 'request refused');
    return refuse('invalid_json', error.message);
  }
  // A code without a status belongs to WebSocket commands: as an answer to a request it is a mistake of ours.
  if (!(error instanceof RequestError) || !('status' in errorCodes[error.code])) {
    logger.error({ path, ...failureOf(error) }, 'request failed unexpectedly');
    return refuse('internal_error', 'the server could not answer this request');
  }
  if (error.temporary) {
    logger.warn({ code: error.code, path, reason: error.message, ...causeOf(error) }, 'request failed');
  } else {
    logger.info({ code: error.code, path, reason: error.message, ...causeOf(error) }, 'request refused');
  }
  return refuse(error.code, error.message, headersOf(error), error.issues);
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
