import { hash } from 'node:crypto';
import { type Principal, TokenError, type VerifyToken } from '@vitalwire/server';

/** Tokens that can be made to expire before their time, which is what their verifier says of them from then on. */
export class SteeredTokens {
  readonly #verify: VerifyToken;
  /** Digests of the tokens that were seen, by user. */
  readonly #seen = new Map<string, Set<string>>();
  readonly #expired: Set<string>;

  constructor(verify: VerifyToken, expired: readonly string[] = []) {
    this.#verify = verify;
    this.#expired = new Set(expired);
  }

  /** Digests of the tokens that expired before their time. */
  get expired(): readonly string[] {
    return [...this.#expired];
  }

  /**
   * Lets the tokens expire with which a user was seen.
   *
   * @throws {Error} when the user was not seen.
   */
  expire(userId: string): void {
    const tokens = this.#seen.get(userId);
    if (!tokens) {
      const others = [...this.#seen.keys()].join(', ') || 'nobody';
      throw new Error(`no token of ${userId} was seen; seen were those of ${others}`);
    }
    for (const digest of tokens) this.#expired.add(digest);
  }

  readonly verify: VerifyToken = async (token) => {
    const principal = await this.#verify(token);
    const digest = hash('sha256', token, 'base64');
    if (this.#expired.has(digest)) throw new TokenError('token expired', { expired: true });
    const tokens = this.#seen.get(principal.userId) ?? new Set();
    this.#seen.set(principal.userId, tokens.add(digest));
    return this.#steered(principal, digest);
  };

  /** Sessions look at the end of their token again and again. */
  #steered(principal: Principal, digest: string): Principal {
    const expired = this.#expired;
    return {
      ...principal,
      get expiresAt() {
        return expired.has(digest) ? 0 : principal.expiresAt;
      },
    };
  }
}
