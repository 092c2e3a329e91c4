import {
  BATCH_PATH,
  type BatchAnswer,
  type BatchResult,
  type BroadcastAnswer,
  broadcastPath,
  type ErrorCode,
  errorCodes,
  IDEMPOTENCY_HEADER,
} from '@vitalwire/protocol';
import { tokenOf } from '@vitalwire/testing';

/** What a backend wants to be published. */
export interface Publishable {
  readonly topic: number;
  readonly type: 'feedback_update' | 'effectiveness_update';
  readonly data: object;
  readonly to: string | undefined;
  readonly key: string | undefined;
}

/** What became of one attempt. `odd`: no server of ours answers so to a valid request. */
export type Outcome =
  | { readonly status: 'acknowledged'; readonly answer: BroadcastAnswer }
  | { readonly status: 'failed' | 'unknown'; readonly code: string; readonly odd?: boolean };

const ANSWER_WITHIN_MS = 5_000;

/** Asks a server over HTTP to publish, as one backend does. */
export class PublishRequests {
  readonly #port: number;
  readonly #token: Promise<string>;

  constructor(port: number, publisher: string) {
    this.#port = port;
    this.#token = tokenOf({ sub: publisher, scope: 'broadcast', expiresInSeconds: 24 * 3_600 });
  }

  async publish({ type, topic, data, to, key }: Publishable): Promise<Outcome> {
    const body = { diagnosis_id: topic, ...data, ...(to !== undefined && { to }) };
    const headers = key === undefined ? {} : { [IDEMPOTENCY_HEADER]: key };
    const answered = await this.#post<BroadcastAnswer>(broadcastPath(type), body, headers);
    return 'outcome' in answered ? answered.outcome : { status: 'acknowledged', answer: answered.body };
  }

  /** Asks for all in one body. The outcomes are in the order of the publications. */
  async publishTogether(publications: readonly Publishable[]): Promise<readonly Outcome[]> {
    const messages = publications.map(({ type, topic, data, to, key }) => ({
      ...{ type, diagnosis_id: topic, ...data },
      ...(to !== undefined && { to }),
      ...(key !== undefined && { idempotency_key: key }),
    }));
    const answered = await this.#post<BatchAnswer>(BATCH_PATH, { messages });
    if ('outcome' in answered) return publications.map(() => answered.outcome);
    const { results } = answered.body;
    return publications.map((_, index) => outcomeOf(results[index]));
  }

  async #post<Body>(
    path: string,
    body: object,
    headers: object = {},
  ): Promise<{ readonly body: Body } | { readonly outcome: Outcome }> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await this.#token}`,
          'content-type': 'application/json',
          ...headers,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const answer = (await response.json()) as Body & { error?: string };
      if (response.ok) return { body: answer };
      return { outcome: refusal(answer.error ?? String(response.status)) };
    } catch (error) {
      return { outcome: { status: 'unknown', code: reasonOf(error) } };
    }
  }
}

function outcomeOf(result: BatchResult | undefined): Outcome {
  if (result?.status === 'broadcasted') return { status: 'acknowledged', answer: result };
  return refusal(result?.error ?? 'no result');
}

function refusal(code: string): Outcome {
  if (code === 'unavailable') return { status: 'failed', code };
  if (code === 'outcome_unknown') return { status: 'unknown', code };
  const temporary = errorCodes[code as ErrorCode]?.temporary ?? true;
  return { status: temporary ? 'unknown' : 'failed', code, odd: true };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
