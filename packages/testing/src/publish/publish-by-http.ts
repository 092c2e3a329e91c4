import {
  type BroadcastAnswer,
  broadcastAnswerSchema,
  broadcastPath,
  type Catalogue,
  IDEMPOTENCY_HEADER,
} from '@vitalwire/protocol';
import type { BroadcastOptions } from '@vitalwire/server';
import { type Publish, publishMethods } from './publish.ts';

/** Where publications go. */
export interface PublishTarget {
  readonly url: string;
  /** A token that may publish everywhere. */
  getToken(): Promise<string>;
}

/** Derives the methods from the catalogue. They publish by HTTP, as a backend in any language does. */
export function createPublish<C extends Catalogue>(catalogue: C, target: PublishTarget): Publish<C> {
  return publishMethods(catalogue, ({ type }, diagnosisId, body, options) =>
    publishByHttp(target, type, diagnosisId, body, options),
  );
}

/** Rejects with the server's answer when it refuses. */
async function publishByHttp(
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
