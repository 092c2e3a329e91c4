import { createHash } from 'node:crypto';
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { OptionError, RequestError, TokenError } from '../errors.ts';
import { createKeys, type Keys } from './keys.ts';
import type { Principal, VerifyToken } from './principal.ts';

/** How tokens are verified. Exactly one of `secret`, `jwksUrl` and `jwksFile` is given. */
export interface TokenOptions {
  /** Shared HS256 secret of at least 32 bytes. */
  secret?: string | Uint8Array;
  /**
   * Address of a JSON Web Key Set with the public keys. It is fetched when it is first needed, again every 10 minutes,
   * and when a token names an unknown key. While it cannot be fetched, the keys of the last 24 hours go on to count;
   * without any, tokens are refused as `unavailable`, which is temporary.
   */
  jwksUrl?: string;
  /** Path of a JSON Web Key Set with the public keys, read once. */
  jwksFile?: string;
  /** Accepted signature algorithms of public keys. @default `['ES256', 'RS256', 'EdDSA']`; always `['HS256']` with a secret */
  algorithms?: readonly string[];
  /** Required `iss`. @default any */
  issuer?: string;
  /** Required `aud`. @default any */
  audience?: string;
  /** Tolerated difference of clocks, in milliseconds. @default 5_000 */
  clockToleranceMs?: number;
}

/** Longer tokens are refused unseen: no honest one comes near, and each byte costs time to verify. */
const MAX_TOKEN_LENGTH = 16_384;

/** Three parts in base64url, without the padding that jose would overlook. */
const TOKEN_FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Most verified tokens that are remembered; beyond it the oldest is verified again when it comes back. */
const MAX_REMEMBERED = 10_000;

/** The last moment that a `Date` can hold: an `exp` of 1e308 is legal. */
const MAX_TIME_MS = 8.64e15;

const DEFAULT_CLOCK_TOLERANCE_MS = 5_000;

/**
 * Creates a function that proves who speaks. What it rejects with tells the outside only "invalid token" or "token
 * expired"; the error's cause says more.
 *
 * A token that was verified once is remembered until it expires, or until the keys change.
 *
 * @param now the time in milliseconds since 1970.
 * @throws {OptionError} when the options cannot be used.
 */
export function createTokenVerifier(options: TokenOptions, now: () => number = Date.now): VerifyToken {
  const keys = createKeys(options, now);
  const toleranceMs = checkTolerance(options.clockToleranceMs ?? DEFAULT_CLOCK_TOLERANCE_MS);
  const checks: JWTVerifyOptions = {
    algorithms: [...keys.algorithms],
    requiredClaims: ['sub', 'exp'],
    clockTolerance: toleranceMs / 1_000,
    ...(options.issuer !== undefined && { issuer: options.issuer }),
    ...(options.audience !== undefined && { audience: options.audience }),
  };
  const remembered = new Map<string, Principal>();
  let version = keys.version();

  return async (token) => {
    if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH || !TOKEN_FORM.test(token))
      throw invalid();
    if (version !== keys.version()) {
      remembered.clear();
      version = keys.version();
    }
    // Kept by digest, so that a dump of the memory holds no token for longer than a request.
    const digest = createHash('sha256').update(token).digest('base64');
    const known = remembered.get(digest);
    if (known && now() < known.expiresAt) return known;
    remembered.delete(digest);
    const principal = await verify(token);
    const oldest = remembered.keys().next();
    if (remembered.size >= MAX_REMEMBERED && !oldest.done) remembered.delete(oldest.value);
    remembered.set(digest, principal);
    return principal;
  };

  async function verify(token: string): Promise<Principal> {
    const payload = await verifySignature(keys, token, { ...checks, currentDate: new Date(now()) });
    const principal = principalOf(payload, toleranceMs);
    if (!principal) throw invalid();
    if (principal.expiresAt <= now()) throw expired();
    return principal;
  }
}

async function verifySignature(keys: Keys, token: string, checks: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys.resolve, checks)).payload;
  } catch (error) {
    // The signature and every other claim were checked before `exp`, but not the form of `sub`.
    const merelyExpired =
      error instanceof errors.JWTExpired && error.claim === 'exp' && isUserId(error.payload['sub']);
    if (merelyExpired) throw expired(error);
    if (error instanceof errors.JOSEError) throw invalid(error);
    throw new RequestError('unavailable', 'tokens cannot be verified now', { cause: error });
  }
}

function principalOf(claims: JWTPayload, toleranceMs: number): Principal | undefined {
  const { sub, exp, scope } = claims;
  if (!isUserId(sub) || exp === undefined) return undefined;
  return {
    userId: sub,
    expiresAt: Math.min(Math.floor(exp * 1_000) + toleranceMs, MAX_TIME_MS),
    scopes: new Set(typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []),
    claims,
  };
}

function isUserId(sub: unknown): sub is string {
  return typeof sub === 'string' && sub.length >= 1 && sub.length <= 255;
}

function checkTolerance(toleranceMs: number): number {
  if (Number.isFinite(toleranceMs) && toleranceMs >= 0) return toleranceMs;
  throw new OptionError('auth.clockToleranceMs', 'must be a number of at least 0');
}

const invalid = (cause?: unknown) => new TokenError('invalid token', { cause });
const expired = (cause?: unknown) => new TokenError('token expired', { expired: true, cause });
