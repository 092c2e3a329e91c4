import type { Clock } from '../clock.ts';
import { TokenError } from '../errors.ts';
import type { Principal, VerifyToken } from './principal.ts';

/** Refuses the tokens that revoked users held when they were revoked, however long these are still valid. */
export class Revocations {
  readonly #verify: VerifyToken;
  readonly #clock: Clock;
  readonly #revokedAt = new Map<string, number>();

  constructor(verify: VerifyToken, clock: Clock) {
    this.#verify = verify;
    this.#clock = clock;
  }

  /** Revokes every token that a user holds now. */
  add(userId: string): void {
    this.#revokedAt.set(userId, this.#clock.now());
  }

  readonly verify: VerifyToken = async (token) => {
    const principal = await this.#verify(token);
    if (this.#covers(principal)) throw new TokenError('invalid token');
    return principal;
  };

  /** A token without `iat` cannot prove that it was issued later. `iat` counts seconds, so the second itself is covered. */
  #covers({ userId, claims }: Principal): boolean {
    const revokedAt = this.#revokedAt.get(userId);
    if (revokedAt === undefined) return false;
    const issuedAt = claims['iat'];
    return typeof issuedAt !== 'number' || issuedAt * 1_000 <= revokedAt;
  }
}
