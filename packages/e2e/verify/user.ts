/** Somebody whose devices subscribe, with what the identity provider does for this user. */
import { tokenOf } from '@vitalwire/testing';
export class User {
  readonly name: string;
  readonly topics: readonly number[];
  readonly #lifetimeMs: number;
  #held: string | undefined;
  #provider: 'fresh tokens' | 'no tokens' | 'the old token' = 'fresh tokens';
  /** When the newest token runs out, in milliseconds since 1970. */
  expiresAt = 0;

  constructor(name: string, topics: readonly number[], lifetimeMs: number) {
    this.name = name;
    this.topics = topics;
    this.#lifetimeMs = lifetimeMs;
  }

  /** Whether this user's tokens run out within a test. */
  get brief(): boolean {
    return this.#lifetimeMs < 60_000;
  }

  /** A token for a device; rejects while the provider gives none. */
  async token(): Promise<string> {
    if (this.#provider === 'no tokens') throw new Error('the identity provider is down');
    if (this.#provider === 'the old token' && this.#held !== undefined) return this.#held;
    this.expiresAt = Math.max(this.expiresAt, Date.now() + this.#lifetimeMs);
    this.#held = await tokenOf({
      sub: this.name,
      diagnoses: this.topics,
      expiresInSeconds: this.#lifetimeMs / 1_000,
    });
    return this.#held;
  }

  /** From now on devices get no token. */
  loseProvider(): void {
    this.#provider = 'no tokens';
  }

  /** From now on devices keep presenting the token that this user holds. */
  keepToken(): void {
    this.#provider = 'the old token';
  }

  restore(): void {
    this.#provider = 'fresh tokens';
  }
}
