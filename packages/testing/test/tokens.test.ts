import { createTokenVerifier } from '@vitalwire/server';
import { decodeJwt, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { backendToken, SECRET, tokenOf, unsignedToken } from '../src/index.ts';

const key = new TextEncoder().encode(SECRET);

describe('tokens', () => {
  it.each(['HS256', 'HS384', 'HS512'] as const)('are signed with %s', async (algorithm) => {
    const token = await tokenOf({ sub: 'anna', diagnoses: [1, 2], algorithm });
    const { payload, protectedHeader } = await jwtVerify(token, key);
    expect(protectedHeader.alg).toBe(algorithm);
    expect(payload).toMatchObject({ sub: 'anna', diagnoses: [1, 2] });
  });

  it('are accepted by the server, and say who may publish everywhere', async () => {
    const principal = await createTokenVerifier({ secret: SECRET })(await backendToken());
    expect(principal).toMatchObject({ userId: 'backend', scopes: new Set(['broadcast']) });
  });

  it('differ, also within a second', async () => {
    expect(await tokenOf()).not.toBe(await tokenOf());
  });

  it('may say what no issuer would', async () => {
    const wrong = { sub: 7, exp: 'never' };
    expect(decodeJwt(await tokenOf({ claims: wrong }))).toMatchObject(wrong);
    const [head = ''] = unsignedToken({ sub: 'x' }).split('.');
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toMatchObject({ alg: 'none' });
  });
});
