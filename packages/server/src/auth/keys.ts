import { readFileSync } from 'node:fs';
import { type CryptoKey, createLocalJWKSet, type JWTVerifyGetKey } from 'jose';
import { OptionError } from '../errors.ts';
import { refuseUnknown } from '../options.ts';
import { createRemoteKeys } from './remote-keys.ts';
import type { TokenOptions } from './token.ts';

/** The keys that signatures are verified with. */
export interface Keys {
  readonly algorithms: readonly string[];
  /** What tokens are signed with by HS256; absent when public keys verify them. */
  readonly secret?: Uint8Array;
  /** Finds the key of a token. Rejects with a `JOSEError` for the token's fault, with anything else for ours. */
  resolve(...token: Parameters<JWTVerifyGetKey>): Promise<FoundKey>;
  /**
   * Changes with the keys: what was verified by those of another version has to be verified again. `undefined` while
   * there are none. Old keys are fetched again in the background.
   */
  version(): number | undefined;
}

/** A key, and of which version of the keys it is. */
interface FoundKey {
  readonly key: Awaited<ReturnType<JWTVerifyGetKey>>;
  readonly version: number;
}

type FindKey = (...token: Parameters<JWTVerifyGetKey>) => FoundKey['key'] | Promise<FoundKey['key']>;

/** Fewer bytes could be guessed: an HS256 secret must be as long as its hash. */
const MIN_SECRET_BYTES = 32;

const DEFAULT_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'];

/** `none` and the HS family are not here: with them a public key would serve as a secret. */
const PUBLIC_KEY_ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  'Ed25519',
];

const TOKEN_OPTION_NAMES: readonly string[] = [
  'secret',
  'jwksUrl',
  'jwksFile',
  'algorithms',
  'issuer',
  'audience',
  'clockToleranceMs',
] satisfies (keyof TokenOptions)[];

/** @throws {OptionError} when not exactly one usable source of keys is given. */
export function createKeys(options: TokenOptions, now: () => number): Keys {
  refuseUnknown(options, TOKEN_OPTION_NAMES, 'auth.');
  const { secret, jwksUrl, jwksFile } = options;
  if ([secret, jwksUrl, jwksFile].filter((source) => source !== undefined).length !== 1) {
    throw new OptionError('auth', 'needs exactly one of secret, jwksUrl and jwksFile');
  }
  if (secret !== undefined) {
    const algorithms = checkSecretAlgorithms(options.algorithms);
    const bytes = checkSecret(secret, 'auth.secret');
    const key = importSecret(bytes);
    return { ...unchanging(algorithms, () => key), secret: bytes };
  }
  const algorithms = checkPublicAlgorithms(options.algorithms ?? DEFAULT_ALGORITHMS);
  if (jwksUrl !== undefined) return createRemoteKeys(parseUrl(jwksUrl), algorithms, now);
  return unchanging(algorithms, readKeys(String(jwksFile)));
}

/** Keys that stay the same for the life of the process. */
function unchanging(algorithms: readonly string[], find: FindKey): Keys {
  return {
    algorithms,
    resolve: async (header, token) => ({ key: await find(header, token), version: 0 }),
    version: () => 0,
  };
}

/**
 * The bytes of a shared secret.
 *
 * @throws {OptionError} when it is shorter than 32 bytes.
 */
export function checkSecret(secret: string | Uint8Array, option: string): Uint8Array<ArrayBuffer> {
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
  if (bytes instanceof Uint8Array && bytes.length >= MIN_SECRET_BYTES) return Uint8Array.from(bytes);
  throw new OptionError(option, `must have at least ${MIN_SECRET_BYTES} bytes`);
}

/** Once, because it takes a third of the time of a verification. */
function importSecret(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

function checkSecretAlgorithms(given: readonly string[] | undefined): readonly string[] {
  if (given === undefined || (given.length === 1 && given[0] === 'HS256')) return ['HS256'];
  throw new OptionError('auth.algorithms', 'must be HS256 with a secret');
}

function checkPublicAlgorithms(given: readonly string[]): readonly string[] {
  if (given.length > 0 && given.every((name) => PUBLIC_KEY_ALGORITHMS.includes(name))) return given;
  throw new OptionError('auth.algorithms', `must be some of ${PUBLIC_KEY_ALGORITHMS.join(', ')}`);
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new OptionError('auth.jwksUrl', 'must be an http or https address');
}

function readKeys(path: string): JWTVerifyGetKey {
  try {
    const keySet = JSON.parse(readFileSync(path, 'utf8'));
    const resolve = createLocalJWKSet(keySet);
    if (keySet.keys.length > 0) return resolve;
  } catch (error) {
    // The file may hold private keys: nothing of it is repeated.
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new OptionError('auth.jwksFile', `is no readable JSON Web Key Set${code}`);
  }
  throw new OptionError('auth.jwksFile', 'holds no keys');
}
