import { hash } from 'node:crypto';
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { BoundedMap } from '../bounded-map.ts';
import { OptionError, RequestError, TokenError } from '../errors.ts';
import { createKeys } from './keys.ts';
import type { Principal, VerifyToken } from './principal.ts';
import { claimsOf, SharedSecret } from './shared-secret.ts';

/** How tokens are verified. Exactly one of `secret`, `jwksUrl` and `jwksFile` is given. */
export interface TokenOptions {
  /** Shared HS256 secret of at least 32 bytes. */
  secret?: string | Uint8Array;
  /**
   * Address of a JSON Web Key Set with the public keys. It is fetched when it is first needed, again every 10 minutes,
   * and when a token names an unknown key. While it cannot be fetched, the keys of the last 24 hours go on to count;
   * without any, tokens are refused as `unavailable`, which is temporary, also those that were accepted before.
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

/** Most tokens have none, and share this. */
const NO_SCOPES: ReadonlySet<string> = new Set();

const DEFAULT_CLOCK_TOLERANCE_MS = 5_000;

/**
 * Creates a function that proves who speaks. What it rejects with tells the outside only "invalid token" or "token
 * expired"; the error's cause says more.
 *
 * A token that was verified once is remembered until it expires, or until the keys change. Refused ones are not.
 *
 * @param now the time in milliseconds since 1970.
 * @throws {OptionError} when the options cannot be used.
 */
export function createTokenVerifier(
  options: TokenOptions,
  now: () => number = Date.now,
): (token: string) => Promise<Principal> {
  const { verify } = createVerifiers(options, now);
  return async (token) => verify(token);
}

/** Two ways to verify the same tokens. What needs no time, such as the token of a shared secret, is verified at once. */
export interface TokenVerifiers {
  /** As {@link createTokenVerifier}: for requests, which bring the same token again and again. */
  readonly verify: VerifyToken;
  /**
   * For connections, most of which bring a token of their own: one of a shared secret is neither looked up nor remembered,
   * which would cost as much as verifying it, and half as much again for the memory that it takes.
   */
  readonly verifyOnce: VerifyToken;
}

/** @throws {OptionError} when the options cannot be used. */
export function createVerifiers(options: TokenOptions, now: () => number): TokenVerifiers {
  const keys = createKeys(options, now);
  const toleranceMs = checkTolerance(options.clockToleranceMs ?? DEFAULT_CLOCK_TOLERANCE_MS);
  const secret = keys.secret && new SharedSecret(keys.secret);
  const checks = {
    algorithms: [...keys.algorithms],
    requiredClaims: ['sub', 'exp'],
    clockTolerance: toleranceMs / 1_000,
    ...(options.issuer !== undefined && { issuer: options.issuer }),
    ...(options.audience !== undefined && { audience: options.audience }),
    get currentDate() {
      return new Date(now());
    },
  };
  const remembered = new BoundedMap<string, Principal>(MAX_REMEMBERED);
  let rememberedVersion = keys.version();

  return { verify, verifyOnce };

  function verify(token: string): Principal | Promise<Principal> {
    checkForm(token);
    forgetOlderKeys();
    // Kept by digest, so that a dump of the memory holds no token for longer than a request.
    const digest = hash('sha256', token, 'binary');
    const known = remembered.get(digest);
    if (known && now() < known.expiresAt) return known;
    if (known) remembered.delete(digest);
    if (secret?.signed(token)) return remember(digest, verifySigned(token), rememberedVersion);
    return verifyByKey(token).then(({ principal, version }) => remember(digest, principal, version));
  }

  function verifyOnce(token: string): Principal | Promise<Principal> {
    checkForm(token);
    return secret?.signed(token) ? verifySigned(token) : verify(token);
  }

  function remember(digest: string, principal: Principal, version: number | undefined): Principal {
    forgetOlderKeys();
    // The keys may have changed while one of the old ones was at work.
    if (version === rememberedVersion) remembered.set(digest, principal);
    return principal;
  }

  function forgetOlderKeys(): void {
    const version = keys.version();
    if (version === rememberedVersion) return;
    remembered.clear();
    rememberedVersion = version;
  }

  /** Of a token that is certain to be signed by the secret. */
  function verifySigned(token: string): Principal {
    try {
      return admit(claimsOf(token, checks));
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** By jose, with the key that the token names. */
  async function verifyByKey(token: string) {
    let version: number | undefined;
    const key: JWTVerifyGetKey = async (header, input) => {
      const found = await keys.resolve(header, input);
      version = found.version;
      return found.key;
    };
    try {
      const { payload } = await jwtVerify(token, key, checks);
      return { principal: admit(payload), version };
    } catch (error) {
      throw refusalOf(error);
    }
  }

  function admit(claims: JWTPayload): Principal {
    const principal = principalOf(claims, toleranceMs);
    if (!principal) throw invalid();
    if (principal.expiresAt <= now()) throw expired();
    return principal;
  }
}

/** @throws {TokenError} for what cannot be a token, before any of it is looked at. */
function checkForm(token: string): void {
  if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH || !TOKEN_FORM.test(token))
    throw invalid();
}

/** Why a verification refuses. */
function refusalOf(error: unknown): Error {
  if (error instanceof TokenError) return error;
  // The signature and every other claim were checked before `exp`, but not the form of `sub`.
  const merelyExpired =
    error instanceof errors.JWTExpired && error.claim === 'exp' && isUserId(error.payload['sub']);
  if (merelyExpired) return expired(error);
  if (error instanceof errors.JOSEError) return invalid(error);
  return new RequestError('unavailable', 'tokens cannot be verified now', { cause: error });
}

function principalOf(claims: JWTPayload, toleranceMs: number): Principal | undefined {
  const { sub, exp, scope } = claims;
  if (!isUserId(sub) || exp === undefined) return undefined;
  return {
    userId: sub,
    expiresAt: Math.min(Math.floor(exp * 1_000) + toleranceMs, MAX_TIME_MS),
    scopes: typeof scope === 'string' && scope !== '' ? new Set(scope.split(' ').filter(Boolean)) : NO_SCOPES,
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
