import {
  type BroadcastAnswer,
  broadcastAnswerSchema,
  broadcastPath,
  errorBodySchema,
  IDEMPOTENCY_HEADER,
} from '@vitalwire/protocol';
import type { Recorder } from '../history-file.ts';
import { digestOf, effectivenessPayload, feedbackPayload } from '../payload.ts';
import { claimsNeeded, explainFailure, messageOf, VerifyProblem } from './problem.ts';
import type { Random } from './random.ts';
import type { Target } from './target.ts';

/** A user that nobody is: what is addressed to it reaches no subscriber, and leaves a lawful hole. */
export const NOBODY = 'nobody (vitalwire verify)';

const ANSWER_TIMEOUT_MS = 10_000;
const RETRY_MS = 500;
/** A publication whose outcome is still unknown after so long stays unknown. */
const GIVE_UP_MS = 30_000;

/** What one attempt came to. */
type Outcome =
  | { readonly kind: 'acknowledged'; readonly answer: BroadcastAnswer }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'refused'; readonly problem: VerifyProblem };

/** Publishes one after another by HTTP, and tries again, with the same key, what has no answer. */
export class DeploymentPublisher {
  readonly #name: string;
  readonly #target: Target;
  readonly #recorder: Recorder;
  readonly #random: Random;
  #counter = 0;

  /** @param name unique among all publishers there ever were: its publications are named after it. */
  constructor(name: string, target: Target, recorder: Recorder, random: Random) {
    this.#name = name;
    this.#target = target;
    this.#recorder = recorder;
    this.#random = random;
  }

  /** Publishes once. @throws {VerifyProblem} when the deployment refuses. */
  async publish(): Promise<void> {
    const attempt = this.#prepare();
    const deadline = performance.now() + GIVE_UP_MS;
    let tries = 1;
    while (!(await attempt(tries))) {
      if (performance.now() > deadline) return;
      tries++;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * (1 + this.#random())));
    }
    // As a publisher does whose answer was lost: the same key must not publish twice.
    if (this.#random() < 0.05) await attempt(tries + 1);
  }

  /** The next publication, as a function that attempts it and says whether it is settled. */
  #prepare(): (attempt: number) => Promise<boolean> {
    const { diagnosisId: topic, user } = this.#target;
    const counter = ++this.#counter;
    const id = `${this.#name}-${counter}`;
    const to = chooseAddressee(this.#random(), user);
    const facts = { id, topic, publisher: this.#name, counter, ...(to !== undefined && { to }) };
    const type = counter % 2 === 0 ? 'effectiveness_update' : 'feedback_update';
    const padding = Math.floor(200 * this.#random());
    const payload =
      counter % 2 === 0 ? effectivenessPayload(facts, padding) : feedbackPayload(facts, padding);
    const body = JSON.stringify({ diagnosis_id: topic, ...payload, ...(to !== undefined && { to }) });
    const about = { publisher: this.#name, user, id, topic, key: id, counter, digest: digestOf(payload) };
    return async (attempt) => {
      this.#recorder.record({ type: 'publish.begun', ...about, ...(to !== undefined && { to }), attempt });
      return this.#settle(id, attempt, await this.#post(broadcastPath(type), id, body));
    };
  }

  #settle(id: string, attempt: number, outcome: Outcome): boolean {
    if (outcome.kind === 'acknowledged') {
      const { epoch, offset } = outcome.answer;
      this.#recorder.record({ type: 'publish.acknowledged', id, attempt, position: { epoch, offset } });
      return true;
    }
    // Also a 503 may come from a proxy that sent the request on: what is certain is only what the same key settles.
    const reason = outcome.kind === 'unknown' ? outcome.reason : 'refused';
    this.#recorder.record({ type: 'publish.unknown', id, attempt, reason });
    if (outcome.kind === 'refused') throw outcome.problem;
    return false;
  }

  async #post(path: string, key: string, body: string): Promise<Outcome> {
    const { http, token, origin } = this.#target;
    try {
      const response = await fetch(`${http}${path}`, {
        method: 'POST',
        redirect: 'error',
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          [IDEMPOTENCY_HEADER]: key,
        },
        body,
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      return this.#read(response.status, await response.text());
    } catch (error) {
      return {
        kind: 'unknown',
        reason: error instanceof Error ? messageOf(error) : explainFailure(error, origin),
      };
    }
  }

  #read(status: number, text: string): Outcome {
    const value = jsonOf(text);
    if (status === 200) {
      const answer = broadcastAnswerSchema.safeParse(value);
      if (answer.success) return { kind: 'acknowledged', answer: answer.data };
      return { kind: 'unknown', reason: 'HTTP 200 without an answer of Vitalwire' };
    }
    if (status >= 500 || status === 408 || status === 429)
      return { kind: 'unknown', reason: `HTTP ${status}` };
    const { data } = errorBodySchema.safeParse(value);
    return { kind: 'refused', problem: this.#explain(status, data?.error, data?.message) };
  }

  #explain(status: number, code = 'no error of Vitalwire', message = ''): VerifyProblem {
    const { http, diagnosisId } = this.#target;
    const said = `publishing was refused with HTTP ${status} (${code}${message && `: ${message}`})`;
    if (status === 401 || status === 403) return new VerifyProblem(`${said}: ${claimsNeeded(diagnosisId)}`);
    if (status === 404 || status === 405) {
      return new VerifyProblem(
        `${said}: is ${http} the base path, and does the proxy pass POST ${http}/ws/…?`,
      );
    }
    return new VerifyProblem(said);
  }
}

/** Most are for everybody, some for the token's user, and some for nobody who listens. */
function chooseAddressee(chance: number, user: string): string | undefined {
  if (chance < 0.05) return NOBODY;
  return chance < 0.1 ? user : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
