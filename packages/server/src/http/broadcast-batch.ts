import {
  BATCH_PATH,
  type BatchResult,
  batchMessageSchema,
  batchSchema,
  broadcastPath,
  compileSchema,
  IDEMPOTENCY_HEADER,
  type Issue,
  issuesOf,
  MAX_NESTING,
  type PublicationDefinition,
  parseJson,
  publicationsOf,
  type Validate,
} from '@vitalwire/protocol';
import type { Principal } from '../auth/principal.ts';
import { OptionError, RequestError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { done } from './answer.ts';
import { authenticate } from './bearer.ts';
import type { HttpDependencies, PublishRequest } from './dependencies.ts';
import { logRefusal, refusalOf } from './error-answer.ts';
import { readJsonText } from './json-body.ts';
import { type IncomingPublish, type PublishEndpoint, publishEndpoint } from './publish-endpoint.ts';

/** How many diagnoses of one batch are asked about at the same time. */
const MOST_QUESTIONS = 50;

/** Levels of a batch around a message, which may nest as deep as a body of its own. */
const LEVELS_AROUND = 2;

/** A type that can be published, and what a message of this type looks like. */
interface Kind {
  readonly definition: PublicationDefinition;
  readonly validate: Validate;
}

/**
 * The endpoint that publishes many: each message is judged for itself, and answered in its place.
 *
 * @throws {OptionError} when the catalogue has a type of this name, whose endpoint would be the same.
 */
export function batchEndpoint({
  catalogue,
  maxBatchBytes,
  maxBodyBytes,
  verify,
  allowPublish,
  publish,
  logger,
}: HttpDependencies): PublishEndpoint {
  const definitions = publicationsOf(catalogue);
  if (definitions.some(({ type }) => broadcastPath(type) === BATCH_PATH)) {
    throw new OptionError('catalogue', 'must not hold the type batch, whose endpoint is that of batches');
  }
  const kinds = new Map<unknown, Kind>(
    definitions.map((definition) => [
      definition.type,
      { definition, validate: compileSchema(batchMessageSchema(definition)) },
    ]),
  );
  const expectedType = `expected ${definitions.map(({ type }) => JSON.stringify(type)).join(' or ')}`;

  return publishEndpoint({ path: BATCH_PATH, maxBytes: maxBatchBytes, logger }, async (request) => {
    const principal = await authenticate(request.header('authorization'), verify);
    const text = await readJsonText(request, maxBatchBytes);
    const messages = messagesOf(parseJson(text, MAX_NESTING + LEVELS_AROUND));
    refuseHeader(request);
    const judged = messages.map((message) => judge(message, principal));
    const refusals = await decide(principal, new Set(judged.flatMap(diagnosisOf)));
    // All in one turn and in their order: so they share a transaction, and get their offsets in this order.
    const outcomes = await Promise.all(judged.map((one) => outcomeOf(one, refusals)));
    logRefusals(outcomes, logger);
    return done({ results: outcomes.map((one) => (one.failed ? refused(one.error) : one.result)) });
  });

  function judge(message: unknown, { userId }: Principal): Outcome<PublishRequest> {
    const kind = kinds.get(typeOf(message));
    if (!kind) return failed(invalid([{ path: 'type', message: expectedType }]));
    const parsed = kind.validate(message);
    if (!parsed.success) return failed(invalid(issuesOf(parsed.error)));
    const { type: _, diagnosis_id, to, idempotency_key, ...body } = parsed.data;
    return succeeded({
      definition: kind.definition,
      diagnosisId: diagnosis_id as number,
      body,
      to: to as string | undefined,
      idempotencyKey: idempotency_key as string | undefined,
      maxBytes: maxBodyBytes,
      publisher: userId,
    });
  }

  /**
   * Asks once for each diagnosis whether the principal may publish there. Resolves with the refusals. When one cannot be
   * decided now, the backend is not asked for the rest: nobody waits for each of a thousand answers that do not come.
   */
  async function decide(
    principal: Principal,
    diagnoses: ReadonlySet<number>,
  ): Promise<ReadonlyMap<number, unknown>> {
    const refusals = new Map<number, unknown>();
    const waiting = diagnoses.values();
    let undecided: unknown;

    async function askOneByOne(): Promise<void> {
      for (const diagnosisId of waiting) {
        try {
          if (undecided !== undefined) throw undecided;
          await allowPublish(principal, diagnosisId);
        } catch (error) {
          refusals.set(diagnosisId, error);
          if (error instanceof RequestError && error.temporary) undecided = error;
        }
      }
    }

    await Promise.all(Array.from({ length: Math.min(MOST_QUESTIONS, diagnoses.size) }, askOneByOne));
    return refusals;
  }

  function outcomeOf(
    judged: Outcome<PublishRequest>,
    refusals: ReadonlyMap<number, unknown>,
  ): Outcome<BatchResult> | Promise<Outcome<BatchResult>> {
    if (judged.failed) return judged;
    const { diagnosisId } = judged.result;
    if (refusals.has(diagnosisId)) return failed(refusals.get(diagnosisId));
    return publish(judged.result).then(succeeded, failed);
  }
}

/** What became of something: what it led to, or why it failed. */
type Outcome<Result> =
  | { readonly failed: false; readonly result: Result }
  | { readonly failed: true; readonly error: unknown };

function succeeded<Result>(result: Result): Outcome<Result> {
  return { failed: false, result };
}

function failed(error: unknown): Outcome<never> {
  return { failed: true, error };
}

function diagnosisOf(judged: Outcome<PublishRequest>): number[] {
  return judged.failed ? [] : [judged.result.diagnosisId];
}

/** @throws {RequestError} `invalid_body`. */
function messagesOf(body: unknown): unknown[] {
  const result = batchSchema.safeParse(body);
  if (result.success) return result.data.messages;
  throw new RequestError('invalid_body', 'the body is not valid', { issues: issuesOf(result.error) });
}

/** Whoever sends it expects that a retry is safe, which it would not be. */
function refuseHeader(request: IncomingPublish): void {
  if (request.header(IDEMPOTENCY_HEADER.toLowerCase()) === undefined) return;
  const issue = { path: IDEMPOTENCY_HEADER, message: 'expected an idempotency_key in each message instead' };
  throw new RequestError('invalid_body', 'one key cannot stand for many messages', { issues: [issue] });
}

function typeOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && Object.hasOwn(message, 'type')
    ? (message as { type: unknown }).type
    : undefined;
}

function invalid(issues: readonly Issue[]): RequestError {
  return new RequestError('invalid_body', 'the message is not valid', { issues });
}

function refused(error: unknown): BatchResult {
  const { code, message, issues } = refusalOf(error);
  return { status: 'refused', error: code, message, ...(issues.length > 0 && { issues: [...issues] }) };
}

/** One line for each reason, however many messages it befell. */
function logRefusals(outcomes: readonly Outcome<BatchResult>[], logger: Logger): void {
  const reasons = new Map<string, { error: unknown; messages: number }>();
  for (const outcome of outcomes) {
    if (!outcome.failed) continue;
    const { code, message } = refusalOf(outcome.error);
    const reason = reasons.get(`${code} ${message}`) ?? { error: outcome.error, messages: 0 };
    reason.messages += 1;
    reasons.set(`${code} ${message}`, reason);
  }
  for (const { error, messages } of reasons.values())
    logRefusal(error, { path: BATCH_PATH, messages }, logger);
}
