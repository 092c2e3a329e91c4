import type { Principal, VerifyToken } from '../auth/principal.ts';
import { RequestError } from '../errors.ts';

/**
 * Proves who sent a request, by the token in its `Authorization` header.
 *
 * @throws {RequestError} `invalid_token`, or what the verifier rejects with.
 */
export async function authenticate(
  authorization: string | null | undefined,
  verify: VerifyToken,
): Promise<Principal> {
  const token = bearerToken(authorization);
  if (token === undefined) throw new RequestError('invalid_token', 'a bearer token is required');
  return verify(token);
}

/** The token in an `Authorization` header; `undefined` when there is none. */
export function bearerToken(authorization: string | null | undefined): string | undefined {
  return /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization ?? '')?.[1];
}
