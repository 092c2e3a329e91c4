import { SignJWT } from 'jose';
import { OptionError } from '../errors.ts';
import { checkSecret } from './keys.ts';

/** What a token says. */
export interface SignTokenOptions {
  /** Shared HS256 secret of at least 32 bytes, the same as the server's. */
  secret: string | Uint8Array;
  /** Whose token it is: 1 to 255 characters. */
  sub: string;
  /** Ids of the diagnoses that belong to this user. @default none */
  diagnoses?: readonly number[];
  /** Words of the scope, parted by spaces; `broadcast` may publish to every diagnosis. @default none */
  scope?: string;
  /** For how long the token counts, in seconds; may be negative, for a token that expired already. @default 3_600 */
  expiresInSeconds?: number;
  /** `iss` and `aud`, when the server asks for them. */
  issuer?: string;
  audience?: string;
}

const DEFAULT_EXPIRES_IN_SECONDS = 3_600;

/**
 * Signs a token for a server that was given the same secret.
 *
 * @throws {OptionError} when the secret is too short, or what the token would say cannot be verified.
 */
export async function signToken(options: SignTokenOptions): Promise<string> {
  const { sub, diagnoses, scope, expiresInSeconds = DEFAULT_EXPIRES_IN_SECONDS } = options;
  const secret = checkSecret(options.secret, 'secret');
  if (typeof sub !== 'string' || sub.length < 1 || sub.length > 255) {
    throw new OptionError('sub', 'must be a text of 1 to 255 characters');
  }
  if (!Number.isFinite(expiresInSeconds)) throw new OptionError('expiresInSeconds', 'must be a number');
  if (diagnoses?.some((id) => !Number.isSafeInteger(id) || id < 1)) {
    throw new OptionError('diagnoses', 'must be integers from 1 on');
  }
  const now = Math.floor(Date.now() / 1_000);
  const claims = { ...(diagnoses && { diagnoses }), ...(scope !== undefined && { scope }) };
  const token = new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(sub)
    .setIssuedAt(now)
    .setExpirationTime(now + expiresInSeconds);
  if (options.issuer !== undefined) token.setIssuer(options.issuer);
  if (options.audience !== undefined) token.setAudience(options.audience);
  return token.sign(secret);
}
