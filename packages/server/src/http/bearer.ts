import type { Principal, VerifyToken } from '../auth/principal.ts';
import { RequestError } from '../errors.ts';

/**
 * Proves who sent a request, by the token in its `Authorization` header.
 *
 * @throws {RequestError} `invalid_token`, or what the verifier rejects with.
 */
export async function authenticate(headers: Headers, verify: VerifyToken): Promise<Principal> {
  const token = bearerToken(headers);
  if (token === undefined) throw new RequestError('invalid_token', 'a bearer token is required');
  return verify(token);
}

/** The token of a request; `undefined` when it has none. */
export function bearerToken(headers: Headers): string | undefined {
  return /^Bearer +([\w.~+/=-]+) *$/i.exec(headers.get('Authorization') ?? '')?.[1];
}
