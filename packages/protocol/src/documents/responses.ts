import { type ErrorCode, errorCodes } from '../codes.ts';
import type { ErrorBody } from '../http.ts';
import type { JsonObject } from './json-schema.ts';

const messages: Partial<Record<ErrorCode, string>> = {
  invalid_json: 'not valid JSON',
  invalid_token: 'the token is missing or not valid',
  access_denied: 'not your diagnosis',
  diagnosis_not_found: 'there is no such diagnosis',
  not_found: 'nothing here',
  method_not_allowed: 'POST only',
  idempotency_conflict: 'this idempotency key came with another publication before',
  body_too_big: 'at most 65536 bytes',
  unsupported_media_type: 'expected application/json',
  invalid_body: 'the body does not fit the schema',
  internal_error: 'something went wrong here',
  unavailable: 'the log cannot be written now',
  outcome_unknown: 'whether this was published is not known',
};

const retryAfter: JsonObject = {
  'Retry-After': { description: 'Seconds until a retry may succeed.', schema: { type: 'integer' } },
};

/** Headers that go with a status, by status. */
const headers: Readonly<Record<number, JsonObject>> = {
  401: {
    'WWW-Authenticate': {
      description: '`Bearer`, with `error="invalid_token"` when a token was given.',
      schema: { type: 'string' },
    },
  },
  405: { Allow: { description: 'The methods of this path.', schema: { type: 'string' } } },
  503: retryAfter,
  504: retryAfter,
};

/** The error responses of an operation, by status. */
export function errorResponses(codes: readonly ErrorCode[]): JsonObject {
  const statuses = new Set(codes.map(statusOf));
  return Object.fromEntries(
    [...statuses].map((status) => [
      status,
      errorResponse(
        status,
        codes.filter((code) => statusOf(code) === status),
      ),
    ]),
  );
}

/** Responses that no operation can name: what any path may answer. */
export function sharedResponses(): JsonObject {
  return {
    NotFound: errorResponse(404, ['not_found']),
    MethodNotAllowed: errorResponse(405, ['method_not_allowed']),
  };
}

function errorResponse(status: number, codes: readonly ErrorCode[]): JsonObject {
  return {
    description: `${codes.map((code) => `\`${code}\``).join(' or ')}${codes.some((code) => errorCodes[code].temporary) ? ': temporary, a retry may succeed' : ''}.`,
    ...(headers[status] && { headers: headers[status] }),
    content: jsonContent(
      'Error',
      Object.fromEntries(codes.map((code) => [code, { value: errorExample(code) }])),
    ),
  };
}

function errorExample(code: ErrorCode): ErrorBody {
  return {
    error: code,
    message: messages[code] ?? code,
    ...(code === 'invalid_body' && { issues: [{ path: 'confidence', message: 'expected at most 1' }] }),
  };
}

function statusOf(code: ErrorCode): number {
  const entry: { temporary: boolean; status?: number } = errorCodes[code];
  return entry.status ?? 500;
}

/** JSON content whose schema is a component of the document. */
export function jsonContent(component: string, examples: JsonObject): JsonObject {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${component}` }, examples } };
}

export const textContent: JsonObject = { 'text/plain': { schema: { type: 'string' } } };
