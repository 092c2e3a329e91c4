import { createHmac } from 'node:crypto';

/** The shared secret of the tests. */
export const SECRET = 'a secret of the tests, long enough for HS256';

/** A time of the tests, in milliseconds and in whole seconds since 1970. */
export const NOW_MS = 1_800_000_000_000;
export const NOW = NOW_MS / 1_000;

export interface ForgeOptions {
  readonly secret?: string | Uint8Array;
  readonly header?: Record<string, unknown>;
}

/** Signs anything as a token, also what no honest issuer would sign. */
export function forge(claims: unknown, { secret = SECRET, header = {} }: ForgeOptions = {}): string {
  const head = encode(JSON.stringify({ alg: 'HS256', typ: 'JWT', ...header }));
  const asIs = typeof claims === 'string' || claims instanceof Uint8Array;
  const body = encode(asIs ? claims : JSON.stringify(claims));
  const signature = createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url');
  return `${head}.${body}.${signature}`;
}

export function encode(content: string | Uint8Array): string {
  return Buffer.from(content).toString('base64url');
}

/** Claims that every verifier of the tests accepts at {@link NOW_MS}. */
export const CLAIMS = { sub: 'anna', exp: NOW + 3_600 };
