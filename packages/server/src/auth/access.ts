import type { Clock } from '../clock.ts';
import { RequestError } from '../errors.ts';
import { failureOf } from '../failure.ts';
import type { Logger } from '../logger.ts';
import { isThenable } from '../thenable.ts';
import { type Action, type Authorize, BROADCAST_SCOPE, type Principal } from './principal.ts';

/** Keeps out whom `authorize` does not let in. */
export interface Access {
  /**
   * Returns when the principal may do it, or resolves when that is decided later. The scope `broadcast` may publish
   * everywhere; everything else is asked.
   *
   * @throws {RequestError} `access_denied`, also when `authorize` answers nonsense; `diagnosis_not_found`;
   * `unavailable`, which is temporary, when `authorize` throws or takes too long.
   */
  check(principal: Principal, action: Action, diagnosisId: number): void | Promise<void>;
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
    check(principal, action, diagnosisId) {
      if (action === 'publish' && principal.scopes.has(BROADCAST_SCOPE)) return;
      const asked = ask(principal, action, diagnosisId);
      if (!isThenable(asked)) return decide(asked, action, diagnosisId);
      return withTimeout(asked).then(
        (answer) => decide(answer, action, diagnosisId),
        (error) => fail(error, action, diagnosisId),
      );
    },
  };

  function ask(principal: Principal, action: Action, diagnosisId: number): unknown {
    try {
      return authorize(principal, action, diagnosisId);
    } catch (error) {
      return fail(error, action, diagnosisId);
    }
  }

  function fail(error: unknown, action: Action, diagnosisId: number): never {
    logger.warn({ action, diagnosis_id: diagnosisId, ...failureOf(error) }, 'authorize failed');
    throw new RequestError('unavailable', 'ownership cannot be decided now');
  }

  function decide(answer: unknown, action: Action, diagnosisId: number): void {
    if (answer === true || answer === 'allow') return;
    if (answer === 'not_found') throw new RequestError('diagnosis_not_found', 'diagnosis not found');
    if (answer !== false && answer !== 'deny') {
      logger.warn(
        { action, diagnosis_id: diagnosisId, answer: typeof answer },
        'authorize gave no decision, denied',
      );
    }
    throw new RequestError('access_denied', `not allowed to ${action} here`);
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

class AuthorizeTimeout extends Error {
  override readonly name = 'AuthorizeTimeout';
}
