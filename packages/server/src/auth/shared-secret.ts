import { hash, timingSafeEqual } from 'node:crypto';
import { type JWTClaimVerificationOptions, type JWTPayload, UnsecuredJWT } from 'jose';

/** The header of a token without a signature. */
const UNSECURED = Buffer.from('{"alg":"none"}').toString('base64url');

/** Characters of 32 bytes in base64url. */
const SIGNATURE_LENGTH = 43;

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
  readonly #hmac: Hmac;
  /** Where signatures are compared. */
  readonly #given = Buffer.alloc(SIGNATURE_LENGTH);
  readonly #expected = Buffer.alloc(SIGNATURE_LENGTH);
  /** The last header that was found usual: whoever signs writes the same into every token. */
  #usualHeader = '';

  constructor(secret: Uint8Array) {
    this.#hmac = new Hmac(secret);
  }

  /** Whether a token is certain to be signed by the secret. */
  signed(token: string): boolean {
    const header = token.slice(0, token.indexOf('.'));
    if (header !== this.#usualHeader) {
      if (!isUsual(header)) return false;
      // A copy: a part of a text keeps all of it in memory, and that is a token.
      this.#usualHeader = Buffer.from(header).toString();
    }
    const end = token.lastIndexOf('.');
    if (token.length !== end + 1 + SIGNATURE_LENGTH) return false;
    // Nothing of an earlier signature may stay behind one that is shorter than it looks.
    if (this.#given.write(token.slice(end + 1)) !== SIGNATURE_LENGTH) return false;
    const expected = this.#hmac.digest(token.slice(0, end));
    if (expected === undefined) return false;
    this.#expected.write(expected);
    return timingSafeEqual(this.#given, this.#expected);
  }
}

/** Bytes that SHA-256 takes at once. */
const BLOCK = 64;
/** Bytes of what it makes. */
const DIGEST = 32;

/**
 * HMAC with SHA-256 (RFC 2104), as two hashes. `createHmac` makes an object outside of the heap for each, which costs as much
 * as all the rest of it, and again when it is collected.
 */
class Hmac {
  /** Key and message of the inner hash; a longer message needs more room. */
  #inner = Buffer.alloc(1_024);
  readonly #outer = Buffer.alloc(BLOCK + DIGEST);

  constructor(key: Uint8Array) {
    const short = key.byteLength > BLOCK ? hash('sha256', key, 'buffer') : key;
    for (let index = 0; index < BLOCK; index++) {
      const byte = short[index] ?? 0;
      this.#inner[index] = byte ^ 0x36;
      this.#outer[index] = byte ^ 0x5c;
    }
  }

  /** In base64url; of a text that is not ASCII `undefined`. */
  digest(text: string): string | undefined {
    const length = BLOCK + text.length;
    if (length > this.#inner.byteLength) this.#inner = Buffer.concat([this.#inner], length);
    if (this.#inner.write(text, BLOCK) !== text.length) return undefined;
    const inner = hash('sha256', this.#inner.subarray(0, length), 'binary');
    // A dump of the memory shall hold no token.
    this.#inner.fill(0, BLOCK, length);
    this.#outer.write(inner, BLOCK, 'binary');
    return hash('sha256', this.#outer, 'base64url');
  }
}

/**
 * The claims of a token whose signature is verified already. jose checks them if there is anything about them that is
 * not plainly right; it offers that by itself only for tokens that have no signature.
 *
 * @throws {errors.JOSEError} as `jwtVerify` does.
 */
export function claimsOf(token: string, checks: ClaimChecks): JWTPayload {
  const payload = token.slice(token.indexOf('.') + 1, token.lastIndexOf('.'));
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
