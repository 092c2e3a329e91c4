import { TokenError } from '../errors.ts';
import { isThenable } from '../thenable.ts';
import type { Principal, VerifyToken } from './principal.ts';

/** Refuses the tokens that revoked users held when they were revoked, however long these are still valid. */
export class Revocations {
  /** Milliseconds since 1970. */
  readonly #revokedAt = new Map<string, number>();

  /** Revokes every token that a user held at an instant. Told again, or of an earlier instant, it changes nothing. */
  add(userId: string, atMs: number): void {
    this.#revokedAt.set(userId, Math.max(atMs, this.#revokedAt.get(userId) ?? atMs));
  }

  /** The same verification, but of revoked tokens. */
  guard(verify: VerifyToken): VerifyToken {
    return (token) => {
      const verified = verify(token);
      return isThenable(verified)
        ? verified.then((principal) => this.#admit(principal))
        : this.#admit(verified);
    };
  }

  #admit(principal: Principal): Principal {
    if (this.covers(principal)) throw new TokenError('invalid token');
    return principal;
  }

  /**
   * Whether the token of a principal is revoked. A token without `iat` cannot prove that it was issued later. `iat` counts
   * seconds, so the second itself is covered.
   */
  covers({ userId, claims }: Principal): boolean {
    const revokedAt = this.#revokedAt.get(userId);
    if (revokedAt === undefined) return false;
    const issuedAt = claims['iat'];
    return typeof issuedAt !== 'number' || issuedAt * 1_000 <= revokedAt;
  }
}
