import type { CloseReason } from '@vitalwire/protocol';
import type { Principal } from './auth/principal.ts';
import { TokenError } from './errors.ts';
import type { SessionContext } from './session-context.ts';
import { isThenable } from './thenable.ts';

/** What a verified token means for who a connection is: it tells so first, or again, or names somebody else. */
export type Accepted = 'first' | 'renewed' | 'foreign';

/** Who a connection is, as its tokens prove it one after another. */
export class Authentication {
  readonly #context: Pick<SessionContext, 'verify' | 'clock'>;
  #principal: Principal | undefined;

  constructor(context: Pick<SessionContext, 'verify' | 'clock'>) {
    this.#context = context;
  }

  /** Who it is by the newest token that was accepted. */
  get principal(): Principal | undefined {
    return this.#principal;
  }

  /** For how much longer that token counts, in milliseconds. */
  get validMs(): number {
    return this.#principal === undefined ? Infinity : this.#principal.expiresAt - this.#context.clock.now();
  }

  /**
   * Whom a token proves, or why it ends the connection; now or later.
   *
   * @throws {RequestError} temporary, when it cannot be decided now.
   */
  verify(token: string): Principal | CloseReason | Promise<Principal | CloseReason> {
    try {
      const verified = this.#context.verify(token);
      return isThenable(verified) ? verified.then(undefined, refusalOf) : verified;
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** Takes whom a token proved: a newer token of the same user takes the place of the one before. */
  accept(principal: Principal): Accepted {
    const before = this.#principal;
    if (before !== undefined && before.userId !== principal.userId) return 'foreign';
    this.#principal = principal;
    return before === undefined ? 'first' : 'renewed';
  }
}

function refusalOf(error: unknown): CloseReason {
  if (error instanceof TokenError) return error.expired ? 'token_expired' : 'invalid_token';
  throw error;
}
