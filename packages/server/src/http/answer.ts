import type { BroadcastAnswer } from '@vitalwire/protocol';

/** What an endpoint answers in JSON, whoever carries it: `fetch`, or Node's HTTP server. */
export interface Answer {
  readonly status: number;
  /** Besides those that every answer has. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The headers of every JSON answer. */
export const JSON_HEADERS = { 'Content-Type': 'application/json', 'X-Content-Type-Options': 'nosniff' };

const NO_HEADERS = {};

/** The answer of a request that was done, with a body in JSON. */
export function doneWith(body: string): Answer {
  return { status: 200, headers: NO_HEADERS, body };
}

/** The answer to a publish in JSON. There are thousands a second, and nothing in it needs to be escaped. */
export function answerText({
  status,
  diagnosis_id,
  clients_notified,
  offset,
  epoch,
}: BroadcastAnswer): string {
  return `{"status":"${status}","diagnosis_id":${diagnosis_id},"clients_notified":${clients_notified},"offset":${offset},"epoch":"${epoch}"}`;
}

/** An answer for a host that speaks in `Request` and `Response`. */
export function toResponse({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers: { ...JSON_HEADERS, ...headers } });
}
