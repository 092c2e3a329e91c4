import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { type JWTClaimVerificationOptions, type JWTPayload, UnsecuredJWT } from 'jose';

/** The header of a token without a signature. */
const UNSECURED = Buffer.from('{"alg":"none"}').toString('base64url');

/** What claims are checked against; jose knows the rest. */
export interface ClaimChecks extends JWTClaimVerificationOptions {
  readonly clockTolerance: number;
  readonly currentDate: Date;
}

/**
 * Judges tokens that are signed by a shared secret, with HS256 and nothing unusual in them; of others jose decides. It
 * asks Web Crypto, which has another thread compute each signature, and that takes several times as long: much, when
 * everybody comes back with a new token at once.
 */
export class SharedSecret {
  readonly #key: KeyObject;
  /** The last header that was found usual: whoever signs writes the same into every token. */
  #usualHeader = '';

  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** Whether a token is certain to be signed by the secret. */
  signed(token: string): boolean {
    const [header = '', payload = '', signature = ''] = token.split('.');
    if (header !== this.#usualHeader) {
      if (!isUsual(header)) return false;
      this.#usualHeader = header;
    }
    const expected = createHmac('sha256', this.#key).update(`${header}.${payload}`).digest('base64url');
    return (
      signature.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected))
    );
  }
}

/**
 * The claims of a token whose signature is verified already. jose checks them if there is anything about them that is
 * not plainly right; it offers that by itself only for tokens that have no signature.
 *
 * @throws {errors.JOSEError} as `jwtVerify` does.
 */
export function claimsOf(token: string, checks: ClaimChecks): JWTPayload {
  const payload = token.split('.')[1] ?? '';
  const claims = parse(payload);
  if (isPlainlyRight(claims, checks)) return claims;
  return UnsecuredJWT.decode(`${UNSECURED}.${payload}.`, checks).payload;
}

/** Of a user, begun, not expired, by the issuer and for the audience that were asked for by name. */
function isPlainlyRight(claims: unknown, checks: ClaimChecks): claims is JWTPayload {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return false;
  const { sub, exp, nbf, iat, iss, aud } = claims as Record<string, unknown>;
  const now = Math.floor(checks.currentDate.getTime() / 1_000);
  return (
    sub !== undefined &&
    (checks.issuer === undefined || iss === checks.issuer) &&
    (checks.audience === undefined || aud === checks.audience) &&
    typeof exp === 'number' &&
    exp > now - checks.clockTolerance &&
    (nbf === undefined || (typeof nbf === 'number' && nbf <= now + checks.clockTolerance)) &&
    (iat === undefined || typeof iat === 'number')
  );
}

/** A part of a token as JSON; `undefined` when there is any doubt what it says. */
function parse(part: string): unknown {
  // What is no UTF-8 becomes this character.
  const text = Buffer.from(part, 'base64url').toString();
  if (text.includes('\u{fffd}')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isUsual(header: string): boolean {
  const fields = parse(header) as { alg?: unknown; crit?: unknown } | null | undefined;
  return fields?.alg === 'HS256' && fields.crit === undefined;
}
