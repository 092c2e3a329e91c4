import {
  type BroadcastAnswer,
  broadcastAnswerSchema,
  broadcastPath,
  IDEMPOTENCY_HEADER,
} from '@vitalwire/protocol';
import type { BroadcastOptions } from '@vitalwire/server';
import type { PublishTarget } from './publish.ts';

/** Publishes as a backend in any language does. Rejects with the server's answer when it refuses. */
export async function publishByHttp(
  { url, getToken }: PublishTarget,
  type: string,
  diagnosisId: number,
  body: object,
  { to, idempotencyKey }: BroadcastOptions = {},
): Promise<BroadcastAnswer> {
  const response = await fetch(url + broadcastPath(type), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await getToken()}`,
      'content-type': 'application/json',
      ...(idempotencyKey !== undefined && { [IDEMPOTENCY_HEADER]: idempotencyKey }),
    },
    body: JSON.stringify({ diagnosis_id: diagnosisId, ...body, ...(to !== undefined && { to }) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${type} was not published: ${response.status} ${text}`);
  return broadcastAnswerSchema.parse(JSON.parse(text));
}
