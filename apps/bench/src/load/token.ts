import { createHmac } from 'node:crypto';
import { SECRET } from '../secret.ts';

const HEADER = part({ alg: 'HS256', typ: 'JWT' });
const LIFETIME_SECONDS = 7_200;

let signed = 0;

/** Signs a token. No two are alike, so that no server can remember one that it has not seen. */
export function tokenOf(claims: { sub: string; diagnoses?: readonly number[]; scope?: string }): string {
  const iat = Math.floor(Date.now() / 1_000);
  const content = `${HEADER}.${part({ ...claims, iat, exp: iat + LIFETIME_SECONDS, jti: `${++signed}` })}`;
  return `${content}.${createHmac('sha256', SECRET).update(content).digest('base64url')}`;
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
