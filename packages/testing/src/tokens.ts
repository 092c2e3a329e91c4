import { createHmac, randomUUID } from 'node:crypto';

/** The secret of every server that this package starts, unless it is given another. */
export const SECRET = 'a secret of the tests, which is long enough for HS256';

/** What a token says. */
export interface TokenContent {
  /** Whose token it is. @default 'patient' */
  sub?: string;
  /** Ids of the diagnoses that belong to this user. @default none */
  diagnoses?: readonly number[];
  /** Words of the scope; `broadcast` may publish to every diagnosis. @default none */
  scope?: string;
  /** For how long it counts; negative for a token that expired already. @default 3_600 */
  expiresInSeconds?: number;
  /** Further claims, also wrong ones; they win over the others. */
  claims?: Readonly<Record<string, unknown>>;
  /** @default {@link SECRET} */
  secret?: string;
  /** @default 'HS256' */
  algorithm?: 'HS256' | 'HS384' | 'HS512';
  /** When it is issued, in milliseconds since 1970. @default now */
  nowMs?: number;
}

/**
 * Signs a token, also one that no honest issuer would sign. No two are equal. The server's own function takes no part in
 * this, so that it takes no part in its proof.
 */
export async function tokenOf(content: TokenContent = {}): Promise<string> {
  const { sub = 'patient', diagnoses = [], scope, expiresInSeconds = 3_600, claims } = content;
  const { secret = SECRET, algorithm = 'HS256', nowMs = Date.now() } = content;
  const payload = {
    sub,
    diagnoses,
    iat: Math.floor(nowMs / 1_000),
    exp: nowMs / 1_000 + expiresInSeconds,
    jti: randomUUID(),
    ...(scope !== undefined && { scope }),
    ...claims,
  };
  const signed = `${part({ alg: algorithm, typ: 'JWT' })}.${part(payload)}`;
  return `${signed}.${createHmac(algorithm.replace('HS', 'sha'), secret).update(signed).digest('base64url')}`;
}

/** A token of a backend, which may publish to every diagnosis. */
export function backendToken(content: Omit<TokenContent, 'scope'> = {}): Promise<string> {
  return tokenOf({ sub: 'backend', ...content, scope: 'broadcast' });
}

/** A token that claims `alg: none` and carries no signature. */
export function unsignedToken(payload: Readonly<Record<string, unknown>>): string {
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(payload)}.`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
