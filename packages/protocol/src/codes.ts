/** What a client does after a close: give up, try again, or fetch a new token and try again. */
export type AfterClose = 'stop' | 'reconnect' | 'refresh';

/**
 * Every close code of the protocol with its reason and what a client does after it. The reason travels in the close
 * frame and in the `disconnect` signal; PROTOCOL.md's table "Close codes" is tested against this list.
 */
export const closeCodes = [
  { code: 1000, reason: 'unsubscribed', action: 'stop' },
  { code: 1001, reason: 'going_away', action: 'reconnect' },
  { code: 1002, reason: 'protocol_error', action: 'stop' },
  { code: 1003, reason: 'not_json', action: 'stop' },
  { code: 1007, reason: 'not_utf8', action: 'stop' },
  { code: 1008, reason: 'invalid_token', action: 'stop' },
  { code: 1008, reason: 'access_denied', action: 'stop' },
  { code: 1008, reason: 'diagnosis_not_found', action: 'stop' },
  { code: 1008, reason: 'invalid_position', action: 'stop' },
  { code: 1009, reason: 'message_too_big', action: 'stop' },
  { code: 1011, reason: 'internal_error', action: 'reconnect' },
  { code: 1012, reason: 'restarting', action: 'reconnect' },
  { code: 1013, reason: 'overloaded', action: 'reconnect' },
  { code: 4400, reason: 'authentication_timeout', action: 'reconnect' },
  { code: 4401, reason: 'token_expired', action: 'refresh' },
  { code: 4408, reason: 'stalled', action: 'reconnect' },
] as const satisfies readonly { code: number; reason: string; action: AfterClose }[];

/** The reason of a close, which names its row in {@link closeCodes}. */
export type CloseReason = (typeof closeCodes)[number]['reason'];

/** The code that goes with a reason. */
export function closeCodeOf(reason: CloseReason): number {
  // The type admits listed reasons only, so the search always ends at a row.
  return closeCodes.find((row) => row.reason === reason)?.code ?? 1011;
}

/**
 * What a client does after a close with this code, also for codes of a later version: 4000–4499 reconnect, 4500–4999
 * stop. A code that is none of ours means that the connection was cut: reconnect. So does 1000 that the client did not
 * ask for, because some WebSocket implementations report it for a cut. Follows {@link closeCodes} without loading it,
 * since the reasons are a burden to browsers.
 */
export function afterClose(code: number): AfterClose {
  if (code === 4401) return 'refresh';
  return /^(100[23789]|4[5-9]..)$/.test(`${code}`) ? 'stop' : 'reconnect';
}

/**
 * Every code of an `error` signal or of an HTTP error body. `temporary` answers whether the same request may succeed
 * later; `status` is the HTTP status where the code occurs over HTTP.
 */
export const errorCodes = {
  invalid_json: { temporary: false, status: 400 },
  invalid_command: { temporary: false },
  unknown_command: { temporary: false },
  unsupported_command: { temporary: false },
  not_authenticated: { temporary: false },
  already_subscribed: { temporary: false },
  not_subscribed: { temporary: false },
  too_many_subscriptions: { temporary: false },
  invalid_token: { temporary: false, status: 401 },
  access_denied: { temporary: false, status: 403 },
  diagnosis_not_found: { temporary: false, status: 404 },
  not_found: { temporary: false, status: 404 },
  method_not_allowed: { temporary: false, status: 405 },
  idempotency_conflict: { temporary: false, status: 409 },
  body_too_big: { temporary: false, status: 413 },
  unsupported_media_type: { temporary: false, status: 415 },
  invalid_body: { temporary: false, status: 422 },
  internal_error: { temporary: true, status: 500 },
  unavailable: { temporary: true, status: 503 },
  outcome_unknown: { temporary: true, status: 504 },
} as const satisfies Record<string, { temporary: boolean; status?: number }>;

/** A code of an `error` signal or of an HTTP error body. */
export type ErrorCode = keyof typeof errorCodes;
