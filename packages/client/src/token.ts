/** What this client reads in a token, without verifying it: that is the server's part. */
export interface Claims {
  readonly sub?: string;
  /** Seconds since 1970. */
  readonly exp?: number;
}

/** Reads the claims of a JWT; none of a token that is no JWT. */
export function readClaims(token: string): Claims {
  try {
    const payload = token.split('.')[1] ?? '';
    // As binary text: a `sub` beyond ASCII looks wrong but stays distinct, which is all that is needed.
    const { sub, exp } = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/')));
    return { ...(typeof sub === 'string' && { sub }), ...(typeof exp === 'number' && { exp }) };
  } catch {
    return {};
  }
}
