import type { Clock } from '../clock.ts';
import { RequestError } from '../errors.ts';
import { failureOf } from '../failure.ts';
import type { Logger } from '../logger.ts';
import { type Action, type Authorize, BROADCAST_SCOPE, type Decision, type Principal } from './principal.ts';

/** Keeps out whom `authorize` does not let in. */
export interface Access {
  /**
   * Resolves when the principal may do it. The scope `broadcast` may publish everywhere; everything else is asked.
   *
   * @throws {RequestError} `access_denied`, also when `authorize` answers nonsense; `diagnosis_not_found`;
   * `unavailable`, which is temporary, when `authorize` throws or takes too long.
   */
  check(principal: Principal, action: Action, diagnosisId: number): Promise<void>;
}

export interface AccessOptions {
  /** How long `authorize` may take, in milliseconds; beyond it nobody is let in for now. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Wraps `authorize` so that only a clear yes lets anybody in. */
export function createAccess(authorize: Authorize, { timeoutMs, clock, logger }: AccessOptions): Access {
  return {
    async check(principal, action, diagnosisId) {
      if (action === 'publish' && principal.scopes.has(BROADCAST_SCOPE)) return;
      const decision = await decide(principal, action, diagnosisId);
      if (decision === 'allow') return;
      if (decision === 'not_found') throw new RequestError('diagnosis_not_found', 'diagnosis not found');
      throw new RequestError('access_denied', `not allowed to ${action} here`);
    },
  };

  async function decide(principal: Principal, action: Action, diagnosisId: number): Promise<Decision> {
    try {
      const asked: unknown = authorize(principal, action, diagnosisId);
      const answer = isThenable(asked) ? await withTimeout(asked) : asked;
      if (answer === true || answer === 'allow') return 'allow';
      if (answer === 'not_found') return 'not_found';
      if (answer === false || answer === 'deny') return 'deny';
      logger.warn(
        { action, diagnosis_id: diagnosisId, answer: typeof answer },
        'authorize gave no decision, denied',
      );
    } catch (error) {
      logger.warn({ action, diagnosis_id: diagnosisId, ...failureOf(error) }, 'authorize failed');
      throw new RequestError('unavailable', 'ownership cannot be decided now');
    }
    return 'deny';
  }

  async function withTimeout(answer: PromiseLike<unknown>): Promise<unknown> {
    let stop: (() => void) | undefined;
    const timeout = new Promise<never>((_, reject) => {
      stop = clock.after(timeoutMs, () => reject(new AuthorizeTimeout(`no answer within ${timeoutMs} ms`)));
    });
    try {
      return await Promise.race([answer, timeout]);
    } finally {
      stop?.();
    }
  }
}

/** Most answers need no time, and then no timer either. */
function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  return typeof answer === 'object' && answer !== null && 'then' in answer;
}

class AuthorizeTimeout extends Error {
  override readonly name = 'AuthorizeTimeout';
}
