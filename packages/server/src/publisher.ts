import { hash } from 'node:crypto';
import { type BroadcastAnswer, nestsTooDeep, serialisePublication } from '@vitalwire/protocol';
import type { Clock } from './clock.ts';
import { LogUnavailableError, OutcomeUnknownError, RequestError } from './errors.ts';
import type { PublishRequest } from './http/dependencies.ts';
import type { Hub } from './hub.ts';
import type { Append, Appended, Idempotency, LogStore } from './log/log-store.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { timestampOf } from './timestamp.ts';

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

/** A publication as the log takes it, and what its answer tells besides its place. */
interface Prepared extends Append {
  readonly type: string;
  readonly recipients: number;
  readonly memo: Memo | undefined;
}

/** Appends publications to the log. Whoever is subscribed gets them from there. */
export class Publisher {
  readonly #context: PublisherContext;
  /** How many requests were accepted and are not answered yet. */
  #pending = 0;
  #closed = false;
  #allAnswered = () => {};

  constructor(context: PublisherContext) {
    this.#context = context;
  }

  /**
   * Resolves when the publication is durable.
   *
   * @throws {RequestError} `invalid_body`, `body_too_big`, `idempotency_conflict`, `unavailable`, `outcome_unknown`.
   */
  publish(request: PublishRequest): Promise<BroadcastAnswer> {
    if (this.#closed) return Promise.reject(shuttingDown());
    const begunAt = this.#context.clock.now();
    // What waits for the log holds the text and not the body: the garbage collector moves what is held.
    try {
      return this.#append(this.#prepare(request, begunAt), begunAt);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #append(prepared: Prepared, begunAt: number): Promise<BroadcastAnswer> {
    const { log, clock, metrics } = this.#context;
    this.#pending += 1;
    try {
      const appended = await log.append(prepared.topic, prepared);
      if (appended.duplicateOf === undefined) {
        metrics.published(prepared.type, 1);
        metrics.publishTook((clock.now() - begunAt) / 1_000);
      }
      return answerOf(prepared, appended);
    } catch (error) {
      this.#logFailure(error, { diagnosis_id: prepared.topic, type: prepared.type });
      throw error;
    } finally {
      this.#answered();
    }
  }

  /** Publishes many in their order, each as {@link publish} does. Resolves with what became of each, in its place. */
  publishAll(requests: readonly PublishRequest[]): Promise<PromiseSettledResult<BroadcastAnswer>[]> {
    if (this.#closed) return Promise.resolve(requests.map(() => rejected(shuttingDown())));
    const begunAt = this.#context.clock.now();
    return this.#appendAll(
      requests.map((request) => this.#tryToPrepare(request, begunAt)),
      begunAt,
    );
  }

  async #appendAll(
    prepared: readonly (Prepared | PromiseRejectedResult)[],
    begunAt: number,
  ): Promise<PromiseSettledResult<BroadcastAnswer>[]> {
    this.#pending += 1;
    try {
      const appends = prepared.filter((one) => 'text' in one);
      const appended = await appendAll(this.#context.log, appends);
      this.#note(appends, appended, begunAt);
      let next = 0;
      return prepared.map((one) => ('text' in one ? settledAnswer(one, appended[next++]) : one));
    } finally {
      this.#answered();
    }
  }

  #tryToPrepare(request: PublishRequest, time: number): Prepared | PromiseRejectedResult {
    try {
      return this.#prepare(request, time);
    } catch (error) {
      return rejected(error);
    }
  }

  /** @throws {RequestError} `invalid_body`, `body_too_big`. */
  #prepare(request: PublishRequest, time: number): Prepared {
    const { definition, diagnosisId, to } = request;
    const text = serialise(request, timestampOf(time));
    const recipients = this.#context.hub.countRecipients(diagnosisId, to);
    const memo = memoOf(request, recipients);
    const idempotency = memo && idempotencyOf(request, memo);
    return { topic: diagnosisId, type: definition.type, text, to, idempotency, recipients, memo };
  }

  /** Counts what was appended, and logs what was not: once for each reason, however many it befell. */
  #note(
    appends: readonly Prepared[],
    appended: readonly PromiseSettledResult<Appended>[],
    begunAt: number,
  ): void {
    const { clock, metrics } = this.#context;
    const published = new Map<string, number>();
    const failures = new Map<unknown, number>();
    for (const [index, { type }] of appends.entries()) {
      const outcome = appended[index];
      if (outcome?.status !== 'fulfilled') increase(failures, outcome?.reason);
      else if (outcome.value.duplicateOf === undefined) increase(published, type);
    }
    for (const [type, count] of published) metrics.published(type, count);
    if (published.size > 0) metrics.publishTook((clock.now() - begunAt) / 1_000);
    for (const [error, publications] of failures) this.#logFailure(error, { publications });
  }

  /** Logs that an append was not done, or not answered. */
  #logFailure(error: unknown, what: object): void {
    const failed = failureToAppend(error);
    if (failed) this.#context.logger.error({ err: error, ...what }, failed);
  }

  #answered(): void {
    this.#pending -= 1;
    if (this.#pending === 0) this.#allAnswered();
  }

  /** Refuses what comes from now on, and waits for what was accepted. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#pending === 0) return;
    await new Promise<void>((resolve) => {
      this.#allAnswered = resolve;
    });
  }
}

async function appendAll(
  log: LogStore,
  appends: readonly Append[],
): Promise<readonly PromiseSettledResult<Appended>[]> {
  if (appends.length === 0) return [];
  if (log.appendAll) return log.appendAll(appends);
  return Promise.allSettled(appends.map((append) => log.append(append.topic, append)));
}

function settledAnswer(
  prepared: Prepared,
  outcome: PromiseSettledResult<Appended> = rejected(new OutcomeUnknownError()),
): PromiseSettledResult<BroadcastAnswer> {
  if (outcome.status === 'rejected') return outcome;
  try {
    return { status: 'fulfilled', value: answerOf(prepared, outcome.value) };
  } catch (error) {
    return rejected(error);
  }
}

/** @throws {RequestError} `idempotency_conflict`. */
function answerOf(
  { topic, memo, recipients: recipientsHere }: Prepared,
  { position, recipients, duplicateOf }: Appended,
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
  return { status: 'broadcasted', diagnosis_id: topic, clients_notified, offset, epoch };
}

function rejected(reason: unknown): PromiseRejectedResult {
  return { status: 'rejected', reason };
}

function shuttingDown(): LogUnavailableError {
  return new LogUnavailableError('the server is shutting down');
}

function increase<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
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
