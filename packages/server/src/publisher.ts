import { createHash } from 'node:crypto';
import { type BroadcastAnswer, nestsTooDeep, serialisePublication } from '@vitalwire/protocol';
import type { Clock } from './clock.ts';
import { LogUnavailableError, OutcomeUnknownError, RequestError } from './errors.ts';
import type { PublishRequest } from './http/dependencies.ts';
import type { Hub } from './hub.ts';
import type { Idempotency, LogStore } from './log/log-store.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

interface PublisherContext {
  readonly log: LogStore;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What is remembered with an idempotency key: the first answer, and what it answered. */
interface Memo {
  readonly clients_notified: number;
  readonly digest: string;
}

/** Appends publications to the log. Whoever is subscribed gets them from there. */
export class Publisher {
  readonly #context: PublisherContext;
  readonly #pending = new Set<Promise<unknown>>();
  #closed = false;

  constructor(context: PublisherContext) {
    this.#context = context;
  }

  /**
   * Resolves when the publication is durable.
   *
   * @throws {RequestError} `invalid_body`, `idempotency_conflict`, `unavailable`, `outcome_unknown`.
   */
  publish(request: PublishRequest): Promise<BroadcastAnswer> {
    const publishing = this.#publish(request);
    this.#pending.add(publishing);
    const done = () => this.#pending.delete(publishing);
    publishing.then(done, done);
    return publishing;
  }

  /** Refuses what comes from now on, and waits for what was accepted. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#pending);
  }

  async #publish(request: PublishRequest): Promise<BroadcastAnswer> {
    if (this.#closed) throw new LogUnavailableError('the server is shutting down');
    const { log, hub, clock, logger, metrics } = this.#context;
    const { definition, diagnosisId, body, to } = request;
    const begunAt = clock.now();
    const timestamp = new Date(begunAt).toISOString();
    const text = serialise(request, timestamp);
    const memo: Memo = { clients_notified: hub.countRecipients(diagnosisId, to), digest: digest([body, to]) };
    const idempotency = idempotencyOf(request, memo);
    try {
      const appended = await log.append(diagnosisId, { text, to, idempotency });
      const first = appended.duplicateOf === undefined ? memo : (JSON.parse(appended.duplicateOf) as Memo);
      if (first.digest !== memo.digest) {
        throw new RequestError(
          'idempotency_conflict',
          'this idempotency key came with another publication before',
        );
      }
      if (first === memo) metrics.published(definition.type, (clock.now() - begunAt) / 1_000);
      const { epoch, offset } = appended.position;
      const clients_notified = appended.recipients ?? first.clients_notified;
      return { status: 'broadcasted', diagnosis_id: diagnosisId, clients_notified, offset, epoch };
    } catch (error) {
      const failed = failureToAppend(error);
      if (failed) logger.error({ err: error, diagnosis_id: diagnosisId, type: definition.type }, failed);
      throw error;
    }
  }
}

/** What is logged about an append that the log store did not do, or did not answer. */
function failureToAppend(error: unknown): string | undefined {
  if (error instanceof LogUnavailableError) return 'publication not appended';
  if (error instanceof OutcomeUnknownError) return 'publication perhaps appended';
  return undefined;
}

function serialise({ definition, diagnosisId, body }: PublishRequest, timestamp: string): string {
  let text: string;
  try {
    const data = definition.publish.toData(body);
    text = serialisePublication({ type: definition.type, diagnosis_id: diagnosisId, data, timestamp });
  } catch (cause) {
    // A body from this process may hold what JSON cannot: a cycle, a BigInt.
    throw new RequestError('invalid_body', 'the body cannot be written as JSON', { cause });
  }
  // The envelope adds levels of its own, and readers refuse what is nested too deep.
  if (nestsTooDeep(text)) throw new RequestError('invalid_body', 'the body is nested too deep');
  return text;
}

function idempotencyOf(
  { definition, idempotencyKey, publisher }: PublishRequest,
  memo: Memo,
): Idempotency | undefined {
  if (idempotencyKey === undefined) return undefined;
  const key = digest([publisher, definition.type, idempotencyKey]);
  return { key, memo: JSON.stringify(memo) };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url');
}
