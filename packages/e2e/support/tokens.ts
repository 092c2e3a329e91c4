import { type JWTPayload, SignJWT } from 'jose';

/** The secret of every server in these tests. */
export const SECRET = 'a secret of the tests, which is long enough for HS256';

export interface TokenContent {
  sub?: string;
  diagnoses?: readonly number[];
  scope?: string;
  /** @default 3_600 */
  expiresInSeconds?: number;
  /** Further claims, also wrong ones; they win over the others. */
  claims?: JWTPayload;
  secret?: string;
  /** @default HS256 */
  algorithm?: string;
}

/** Signs a token, by jose alone: the server's own function takes no part in its proof. */
export function tokenOf(content: TokenContent = {}): Promise<string> {
  const {
    sub = 'patient',
    diagnoses = [],
    scope,
    expiresInSeconds = 3_600,
    claims,
    secret = SECRET,
    algorithm = 'HS256',
  } = content;
  const now = Date.now() / 1_000;
  return new SignJWT({
    sub,
    diagnoses: [...diagnoses],
    iat: Math.floor(now),
    exp: now + expiresInSeconds,
    ...(scope !== undefined && { scope }),
    ...claims,
  })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .sign(new TextEncoder().encode(secret));
}

/** A token of a backend, which may publish to every diagnosis. */
export function backendToken(): Promise<string> {
  return tokenOf({ sub: 'backend', scope: 'broadcast' });
}

/** A token that claims `alg: none` and carries no signature. */
export function unsignedToken(payload: JWTPayload): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(payload)}.`;
}
