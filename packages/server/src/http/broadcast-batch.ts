import {
  BATCH_PATH,
  type BatchResult,
  type BroadcastAnswer,
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
import { OptionError, OutcomeUnknownError, RequestError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { answerText, doneWith } from './answer.ts';
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
  publishAll,
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
    const outcomes = await publishJudged(
      principal,
      messages.map((message) => judge(message, principal)),
    );
    logRefusals(outcomes, logger);
    return doneWith(`{"results":[${outcomes.map(resultText).join(',')}]}`);
  });

  function judge(message: unknown, { userId }: Principal): Judged {
    const kind = kinds.get(typeOf(message));
    if (!kind) return refused(invalid([{ path: 'type', message: expectedType }]));
    const parsed = kind.validate(message);
    if (!parsed.success) return refused(invalid(issuesOf(parsed.error)));
    const { type: _, diagnosis_id, to, idempotency_key, ...body } = parsed.data;
    return {
      definition: kind.definition,
      diagnosisId: diagnosis_id as number,
      body,
      to: to as string | undefined,
      idempotencyKey: idempotency_key as string | undefined,
      maxBytes: maxBodyBytes,
      publisher: userId,
    };
  }

  async function publishJudged(principal: Principal, judged: readonly Judged[]): Promise<Outcome[]> {
    const diagnoses = new Set<number>();
    for (const one of judged) if (isRequest(one)) diagnoses.add(one.diagnosisId);
    const refusals = await decide(principal, diagnoses);
    return publishAllowed(
      judged.map((one) => (isRequest(one) ? (refusals.get(one.diagnosisId) ?? one) : one)),
    );
  }

  /** All in one turn and in their order: so they share a transaction, and get their offsets in this order. */
  function publishAllowed(judged: readonly Judged[]): Promise<Outcome[]> {
    const refusals = judged.map((one) => (isRequest(one) ? undefined : one));
    return publishAll(judged.filter(isRequest)).then((published) => {
      const outcomes = published.values();
      return refusals.map(
        (refusal) => refusal ?? outcomes.next().value ?? refused(new OutcomeUnknownError()),
      );
    });
  }

  /**
   * Asks once for each diagnosis whether the principal may publish there. Resolves with the refusals. When one cannot be
   * decided now, the backend is not asked for the rest: nobody waits for each of a thousand answers that do not come.
   */
  async function decide(
    principal: Principal,
    diagnoses: ReadonlySet<number>,
  ): Promise<ReadonlyMap<number, Refused>> {
    const refusals = new Map<number, Refused>();
    const waiting = diagnoses.values();
    let undecided: unknown;

    async function askOneByOne(): Promise<void> {
      for (const diagnosisId of waiting) {
        try {
          if (undecided !== undefined) throw undecided;
          await allowPublish(principal, diagnosisId);
        } catch (error) {
          refusals.set(diagnosisId, refused(error));
          if (error instanceof RequestError && error.temporary) undecided = error;
        }
      }
    }

    await Promise.all(Array.from({ length: Math.min(MOST_QUESTIONS, diagnoses.size) }, askOneByOne));
    return refusals;
  }
}

/** A message that is refused, and why. */
type Refused = PromiseRejectedResult;

/** What is known of a message before it is published: the request to do so, unless it is refused. */
type Judged = PublishRequest | Refused;

/** What became of a message. */
type Outcome = PromiseSettledResult<BroadcastAnswer>;

function refused(reason: unknown): Refused {
  return { status: 'rejected', reason };
}

function isRequest(judged: Judged): judged is PublishRequest {
  return 'definition' in judged;
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

function resultText(outcome: Outcome): string {
  if (outcome.status === 'fulfilled') return answerText(outcome.value);
  const { code, message, issues } = refusalOf(outcome.reason);
  return JSON.stringify({
    status: 'refused',
    error: code,
    message,
    ...(issues.length > 0 && { issues: [...issues] }),
  } satisfies BatchResult);
}

/** One line for each reason, however many messages it befell. */
function logRefusals(outcomes: readonly Outcome[], logger: Logger): void {
  const reasons = new Map<string, { error: unknown; messages: number }>();
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    const { code, message } = refusalOf(outcome.reason);
    const reason = reasons.get(`${code} ${message}`) ?? { error: outcome.reason, messages: 0 };
    reason.messages += 1;
    reasons.set(`${code} ${message}`, reason);
  }
  for (const { error, messages } of reasons.values())
    logRefusal(error, { path: BATCH_PATH, messages }, logger);
}
