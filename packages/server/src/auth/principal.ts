/** Who speaks, as proven by a token. */
export interface Principal {
  /** The token's `sub`. */
  readonly userId: string;
  /** When the token stops to count, in milliseconds since 1970; the tolerated clock difference is included. */
  readonly expiresAt: number;
  /** The words of the token's `scope`. */
  readonly scopes: ReadonlySet<string>;
  /** Every claim of the token. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The scope that may publish to every diagnosis. */
export const BROADCAST_SCOPE = 'broadcast';

/**
 * Proves who speaks, at once or later. Throws or rejects with a `TokenError`, or with a temporary `RequestError` when it
 * cannot be decided now.
 */
export type VerifyToken = (token: string) => Principal | Promise<Principal>;

/** What a principal wants to do with a diagnosis. */
export type Action = 'subscribe' | 'publish';

/** `not_found` says that the diagnosis does not exist; use it only where its absence is no secret. */
export type Decision = 'allow' | 'deny' | 'not_found';

/** Decides whether a principal owns a diagnosis. Any other answer denies. What throws or takes too long lets nobody in for
 * now: the peer is asked to try again, so that a backend that is down turns no subscriber away for good. */
export type Authorize = (
  principal: Principal,
  action: Action,
  diagnosisId: number,
) => Decision | boolean | Promise<Decision | boolean>;
