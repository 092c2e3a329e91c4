import { BoundedMap } from '../bounded-map.ts';
import { OptionError } from '../errors.ts';
import { refuseUnknown } from '../options.ts';
import type { Authorize, Decision } from './principal.ts';

/** Options of {@link httpAuthorize}. */
export interface HttpAuthorizeOptions {
  /**
   * Address of the team's own backend. It receives `POST` with the JSON `{user_id, action, diagnosis_id}`, where
   * `action` is `subscribe` or `publish`, and answers 200 with `{"allow": true}` or `{"allow": false}`, 403 for the
   * latter, or 404 when the diagnosis does not exist. Any other answer lets nobody in for now. Redirects are not
   * followed.
   */
  url: string;
  /** How long an answer counts, in milliseconds; 0 asks every time. @default 5_000 */
  cacheMs?: number;
  /** How long the backend may take, in milliseconds; beyond it nobody is let in for now. @default 3_000 */
  timeoutMs?: number;
  /** Headers of the request, such as `Authorization`, by which the backend knows this server. */
  headers?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly decision: Promise<Decision>;
  readonly until: number;
}

/** Most answers that are remembered; beyond it the oldest is asked for again. */
const MAX_ANSWERS = 10_000;
const DEFAULT_CACHE_MS = 5_000;
const DEFAULT_TIMEOUT_MS = 3_000;

/**
 * Asks a backend who owns a diagnosis. What fails is not remembered.
 *
 * @throws {OptionError} when the options cannot be used.
 */
export function httpAuthorize(options: HttpAuthorizeOptions): Authorize {
  refuseUnknown(options, ['url', 'cacheMs', 'timeoutMs', 'headers'], '');
  const { url, cacheMs = DEFAULT_CACHE_MS, timeoutMs = DEFAULT_TIMEOUT_MS, headers = {} } = options;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new OptionError('url', 'must be an http or https address');
  }
  if (!(cacheMs >= 0)) throw new OptionError('cacheMs', 'must be a number of at least 0');
  if (!(timeoutMs >= 1 && Number.isFinite(timeoutMs)))
    throw new OptionError('timeoutMs', 'must be a number of at least 1');
  const answers = new BoundedMap<string, Answer>(MAX_ANSWERS);

  return ({ userId }, action, diagnosisId) => {
    // The user id comes last, because it alone may hold a colon.
    const question = `${action}:${diagnosisId}:${userId}`;
    const known = answers.get(question);
    if (known && performance.now() < known.until) return known.decision;
    const body = { user_id: userId, action, diagnosis_id: diagnosisId };
    const decision = ask(body);
    remember(question, { decision, until: performance.now() + cacheMs });
    return decision;
  };

  function remember(question: string, answer: Answer): void {
    answers.delete(question);
    answers.set(question, answer);
    answer.decision.catch(() => {
      if (answers.get(question) === answer) answers.delete(question);
    });
  }

  async function ask(body: object): Promise<Decision> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept: 'application/json', ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status === 200) return decisionOf(await response.json());
    await response.body?.cancel();
    if (response.status === 403) return 'deny';
    if (response.status === 404) return 'not_found';
    throw new BackendError(`HTTP_${response.status}`);
  }
}

function decisionOf(answer: unknown): Decision {
  const { allow } = typeof answer === 'object' && answer !== null && 'allow' in answer ? answer : {};
  if (typeof allow !== 'boolean') throw new BackendError('UNEXPECTED_ANSWER');
  return allow ? 'allow' : 'deny';
}

/** The backend decided nothing; the code, such as `HTTP_502`, is for the log. */
class BackendError extends Error {
  override readonly name = 'BackendError';
  readonly code: string;

  constructor(code: string) {
    super(`the backend decided nothing: ${code}`);
    this.code = code;
  }
}
