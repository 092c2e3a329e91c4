import { hash } from 'node:crypto';
import { type BroadcastAnswer, nestsTooDeep, serialisePublication } from '@vitalwire/protocol';
import type { Clock } from './clock.ts';
import { LogUnavailableError, OutcomeUnknownError, RequestError } from './errors.ts';
import type { PublishRequest } from './http/dependencies.ts';
import type { Hub } from './hub.ts';
import type { Appended, Idempotency, LogStore } from './log/log-store.ts';
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
  /** How many were accepted and are not answered yet. */
  #pending = 0;
  #closed = false;
  #allAnswered = () => {};
  #time = Number.NaN;
  #timestamp = '';

  constructor(context: PublisherContext) {
    this.#context = context;
  }

  /**
   * Resolves when the publication is durable.
   *
   * @throws {RequestError} `invalid_body`, `body_too_big`, `idempotency_conflict`, `unavailable`, `outcome_unknown`.
   */
  async publish(request: PublishRequest): Promise<BroadcastAnswer> {
    if (this.#closed) throw new LogUnavailableError('the server is shutting down');
    const { log, hub, clock, metrics } = this.#context;
    const { definition, diagnosisId, to } = request;
    this.#pending += 1;
    try {
      const begunAt = clock.now();
      const text = serialise(request, this.#timestampOf(begunAt));
      const recipients = hub.countRecipients(diagnosisId, to);
      const memo = memoOf(request, recipients);
      const idempotency = memo && idempotencyOf(request, memo);
      const appended = await log.append(diagnosisId, { text, to, idempotency });
      if (appended.duplicateOf === undefined) {
        metrics.published(definition.type, (clock.now() - begunAt) / 1_000);
      }
      return answerOf(request, appended, recipients, memo);
    } catch (error) {
      const failed = failureToAppend(error);
      if (failed) {
        this.#context.logger.error({ err: error, diagnosis_id: diagnosisId, type: definition.type }, failed);
      }
      throw error;
    } finally {
      this.#pending -= 1;
      if (this.#pending === 0) this.#allAnswered();
    }
  }

  /** Refuses what comes from now on, and waits for what was accepted. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#pending === 0) return;
    await new Promise<void>((resolve) => {
      this.#allAnswered = resolve;
    });
  }

  /** Publications of the same millisecond share the text of their time. */
  #timestampOf(time: number): string {
    if (time !== this.#time) {
      this.#time = time;
      this.#timestamp = new Date(time).toISOString();
    }
    return this.#timestamp;
  }
}

/** @throws {RequestError} `idempotency_conflict`. */
function answerOf(
  { diagnosisId }: PublishRequest,
  { position, recipients, duplicateOf }: Appended,
  recipientsHere: number,
  memo: Memo | undefined,
): BroadcastAnswer {
  let notified = recipientsHere;
  if (duplicateOf !== undefined) {
    const first = JSON.parse(duplicateOf) as Memo;
    if (first.digest !== memo?.digest) {
      throw new RequestError(
        'idempotency_conflict',
        'this idempotency key came with another publication before',
      );
    }
    notified = first.clients_notified;
  }
  const { epoch, offset } = position;
  const clients_notified = recipients ?? notified;
  return { status: 'broadcasted', diagnosis_id: diagnosisId, clients_notified, offset, epoch };
}

/** What is logged about an append that the log store did not do, or did not answer. */
function failureToAppend(error: unknown): string | undefined {
  if (error instanceof LogUnavailableError) return 'publication not appended';
  if (error instanceof OutcomeUnknownError) return 'publication perhaps appended';
  return undefined;
}

function serialise(request: PublishRequest, timestamp: string): string {
  const { definition, diagnosisId, body, maxBytes } = request;
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
  if (maxBytes !== undefined && hasMoreBytes(text, maxBytes)) {
    throw new RequestError('body_too_big', `what is published may have at most ${maxBytes} bytes`);
  }
  return text;
}

function hasMoreBytes(text: string, maxBytes: number): boolean {
  // A character has three bytes at most, so most texts need no counting.
  return text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes;
}

function memoOf({ body, to, idempotencyKey }: PublishRequest, clients_notified: number): Memo | undefined {
  return idempotencyKey === undefined ? undefined : { clients_notified, digest: digest([body, to]) };
}

function idempotencyOf({ definition, idempotencyKey, publisher }: PublishRequest, memo: Memo): Idempotency {
  return { key: digest([publisher, definition.type, idempotencyKey]), memo: JSON.stringify(memo) };
}

function digest(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'base64url');
}
