import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { CompactEncrypt, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/auth/principal.ts';
import { createTokenVerifier, createVerifiers, type TokenOptions } from '../../src/auth/token.ts';
import { OptionError, TokenError } from '../../src/errors.ts';
import { CLAIMS, encode, forge, NOW, NOW_MS, SECRET } from '../support/tokens.ts';

const verifierOf = (options: TokenOptions = { secret: SECRET }, now = () => NOW_MS) =>
  createTokenVerifier(options, now);

/** What a token is refused with, in either way to verify it: `invalid`, `expired`, or the code of another error. */
async function refusal(token: string, options: TokenOptions = { secret: SECRET }): Promise<string> {
  const { verifyOnce } = createVerifiers(options, () => NOW_MS);
  const refused = await refusalOf(verifierOf(options), token);
  expect(await refusalOf(async (once) => verifyOnce(once), token)).toBe(refused);
  return refused;
}

async function refusalOf(verify: (token: string) => Promise<Principal>, token: string): Promise<string> {
  try {
    await verify(token);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    expect(error.code).toBe('invalid_token');
    expect(error.message).toBe(error.expired ? 'token expired' : 'invalid token');
    return error.expired ? 'expired' : 'invalid';
  }
}

describe('createTokenVerifier with a secret', () => {
  it('reads the user, the expiry, the scopes and the claims of a good token', async () => {
    const claims = { ...CLAIMS, scope: 'read  broadcast', diagnoses: [123] };
    const principal = await verifierOf()(forge(claims));
    expect(principal).toEqual({
      userId: 'anna',
      expiresAt: (CLAIMS.exp + 5) * 1_000,
      scopes: new Set(['read', 'broadcast']),
      claims,
    } satisfies Principal);
  });

  it('accepts the secret as bytes', async () => {
    const bytes = new TextEncoder().encode(SECRET);
    const verify = verifierOf({ secret: bytes });
    bytes.fill(0); // the verifier has a copy
    await expect(verify(forge(CLAIMS))).resolves.toMatchObject({ userId: 'anna' });
  });

  it.each([
    ['alg none', `${encode('{"alg":"none"}')}.${encode(JSON.stringify(CLAIMS))}.`],
    ['alg NoNe', forge(CLAIMS, { header: { alg: 'NoNe' } })],
    ['another secret', forge(CLAIMS, { secret: `${SECRET}!` })],
    ['an algorithm of the same family', forge(CLAIMS, { header: { alg: 'HS512' } })],
    ['no signature', forge(CLAIMS).split('.').slice(0, 2).join('.')],
    ['an empty signature', `${forge(CLAIMS).split('.').slice(0, 2).join('.')}.`],
    ['four segments', `${forge(CLAIMS)}.abc`],
    ['padding', `${forge(CLAIMS)}=`],
    ['an unknown crit', forge(CLAIMS, { header: { crit: ['exotic'], exotic: 1 } })],
    ['an unencoded payload', forge(CLAIMS, { header: { b64: false, crit: ['b64'] } })],
    ['100 kB', forge({ ...CLAIMS, padding: 'x'.repeat(75_000) })],
    ['nothing', ''],
    ['a null byte', '\0'],
    ['claims that are no object', forge('[1]')],
    ['claims that are no JSON', forge('{"sub":')],
  ])('refuses %s', async (_, token) => {
    expect(await refusal(token)).toBe('invalid');
  });

  it('refuses altered claims', async () => {
    const [head, , signature] = forge(CLAIMS).split('.');
    const altered = encode(JSON.stringify({ ...CLAIMS, sub: 'bert' }));
    expect(await refusal(`${head}.${altered}.${signature}`)).toBe('invalid');
  });

  it('refuses an encrypted token', async () => {
    const key = createSecretKey(Buffer.from(SECRET).subarray(0, 32));
    const encrypted = await new CompactEncrypt(Buffer.from(JSON.stringify(CLAIMS)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(key);
    expect(await refusal(encrypted)).toBe('invalid');
  });

  it.each([
    ['no sub', { exp: CLAIMS.exp }],
    ['an empty sub', { ...CLAIMS, sub: '' }],
    ['a number as sub', { ...CLAIMS, sub: 7 }],
    ['a list as sub', { ...CLAIMS, sub: ['anna'] }],
    ['null as sub', { ...CLAIMS, sub: null }],
    ['a sub of 256 characters', { ...CLAIMS, sub: 'x'.repeat(256) }],
    ['no exp', { sub: 'anna' }],
    ['exp as text', { ...CLAIMS, exp: String(CLAIMS.exp) }],
    ['null as exp', { ...CLAIMS, exp: null }],
    ['an nbf in the future', { ...CLAIMS, nbf: NOW + 6 }],
  ])('refuses %s', async (_, claims) => {
    expect(await refusal(forge(claims))).toBe('invalid');
  });

  it('accepts a sub of 255 characters', async () => {
    expect(await refusal(forge({ ...CLAIMS, sub: 'x'.repeat(255) }))).toBe('accepted');
  });

  it('gives no scope for a scope that is no text', async () => {
    const principal = await verifierOf()(forge({ ...CLAIMS, scope: ['broadcast'] }));
    expect(principal.scopes).toEqual(new Set());
  });

  it('changes no prototype for a claim named __proto__', async () => {
    const claims = `{"sub":"anna","exp":${CLAIMS.exp},"__proto__":{"scope":"broadcast","diagnoses":[1]}}`;
    const principal = await verifierOf()(forge(claims));
    expect(principal.scopes).toEqual(new Set());
    expect(principal.claims['diagnoses']).toBeUndefined();
    expect(({} as Record<string, unknown>)['diagnoses']).toBeUndefined();
  });

  it('never fails with anything but a token error', async () => {
    const verify = verifierOf();
    const segment = fc.oneof(fc.json(), fc.string({ unit: 'binary' })).map(encode);
    const token = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(segment).map((parts) => parts.join('.')),
    );
    await fc.assert(
      fc.asyncProperty(token, async (text) => {
        await expect(verify(text)).rejects.toBeInstanceOf(TokenError);
      }),
    );
  });
});

describe('the expiry of a token', () => {
  it('tolerates 5 seconds of difference between clocks', async () => {
    expect(await refusal(forge({ sub: 'anna', exp: NOW - 4 }))).toBe('accepted');
    expect(await refusal(forge({ sub: 'anna', exp: NOW - 6 }))).toBe('expired');
  });

  it('tolerates as much as the option says', async () => {
    const options = { secret: SECRET, clockToleranceMs: 0 };
    expect(await refusal(forge({ sub: 'anna', exp: NOW }), options)).toBe('expired');
    expect(await refusal(forge({ sub: 'anna', exp: NOW + 1 }), options)).toBe('accepted');
  });

  it('is not called expired when anything else is wrong, too', async () => {
    const old = { sub: 'anna', exp: NOW - 60 };
    expect(await refusal(forge(old))).toBe('expired');
    expect(await refusal(forge(old, { secret: `${SECRET}!` }))).toBe('invalid');
    expect(await refusal(forge({ ...old, sub: 7 }))).toBe('invalid');
    expect(await refusal(forge(old), { secret: SECRET, issuer: 'us' })).toBe('invalid');
    expect(await refusal(forge(old), { secret: SECRET, audience: 'us' })).toBe('invalid');
  });

  it.each([1e308, 9e15, 8.64e12 + 1])('is a moment that a Date can hold for exp %d', async (exp) => {
    const { expiresAt } = await verifierOf()(forge(`{"sub":"anna","exp":${exp}}`));
    expect(expiresAt).toBe(8.64e15);
    expect(new Date(expiresAt).getTime()).toBe(expiresAt);
  });

  it('counts in parts of a second', async () => {
    const options = { secret: SECRET, clockToleranceMs: 0 };
    const verifyAt = (nowMs: number) =>
      verifierOf(options, () => nowMs)(forge({ sub: 'anna', exp: NOW + 0.2 }));
    await expect(verifyAt(NOW_MS + 199)).resolves.toBeDefined();
    await expect(verifyAt(NOW_MS + 200)).rejects.toMatchObject({ expired: true });
  });

  it('is a whole number of milliseconds for a fractional exp', async () => {
    const { expiresAt } = await verifierOf()(forge({ sub: 'anna', exp: NOW + 0.12345 }));
    expect(expiresAt).toBe(NOW_MS + 123 + 5_000);
  });
});

describe('issuer and audience', () => {
  const options = { secret: SECRET, issuer: 'https://login.example', audience: 'vitalwire' };

  it('are checked when they are set', async () => {
    const good = { ...CLAIMS, iss: 'https://login.example', aud: 'vitalwire' };
    expect(await refusal(forge(good), options)).toBe('accepted');
    expect(await refusal(forge({ ...good, aud: ['other', 'vitalwire'] }), options)).toBe('accepted');
    expect(await refusal(forge({ ...good, iss: 'https://evil.example' }), options)).toBe('invalid');
    expect(await refusal(forge({ ...good, aud: 'other' }), options)).toBe('invalid');
    expect(await refusal(forge({ ...good, iss: undefined }), options)).toBe('invalid');
    expect(await refusal(forge({ ...good, aud: undefined }), options)).toBe('invalid');
  });
});

describe('the memory of verified tokens', () => {
  it('gives the same principal again', async () => {
    const verify = verifierOf();
    const token = forge(CLAIMS);
    expect(await verify(token)).toBe(await verify(token));
  });

  it('forgets a token that expired', async () => {
    let now = NOW_MS;
    const verify = verifierOf({ secret: SECRET }, () => now);
    const token = forge({ sub: 'anna', exp: NOW + 10 });
    await verify(token);
    now = NOW_MS + 14_999;
    await expect(verify(token)).resolves.toMatchObject({ userId: 'anna' });
    now = NOW_MS + 15_000;
    await expect(verify(token)).rejects.toMatchObject({ expired: true });
  });

  it('is bounded: the oldest of more than 10,000 tokens is verified anew', async () => {
    const verify = verifierOf();
    const tokens = Array.from({ length: 10_001 }, (_, i) => forge({ ...CLAIMS, sub: `user ${i}` }));
    const [oldest = '', second = ''] = tokens;
    const first = await verify(oldest);
    const kept = await verify(second);
    await Promise.all(tokens.slice(2).map(verify));
    expect(await verify(second)).toBe(kept);
    expect(await verify(oldest)).not.toBe(first);
  });
});

describe('the options of createTokenVerifier', () => {
  const named = (option: string) => expect.objectContaining({ name: 'OptionError', option });
  const url = 'https://login.example/keys';

  it.each<[string, object, string]>([
    ['no source of keys', {}, 'auth'],
    ['two sources of keys', { secret: SECRET, jwksUrl: url }, 'auth'],
    ['an unknown option', { secret: SECRET, sceret: 1 }, 'auth.sceret'],
    ['a secret of 31 bytes', { secret: 'x'.repeat(31) }, 'auth.secret'],
    ['an empty secret', { secret: '' }, 'auth.secret'],
    ['a number as secret', { secret: 42 }, 'auth.secret'],
    ['another algorithm with a secret', { secret: SECRET, algorithms: ['HS512'] }, 'auth.algorithms'],
    ['HS256 with public keys', { jwksUrl: url, algorithms: ['ES256', 'HS256'] }, 'auth.algorithms'],
    ['none as algorithm', { jwksUrl: url, algorithms: ['none'] }, 'auth.algorithms'],
    ['no algorithm', { jwksUrl: url, algorithms: [] }, 'auth.algorithms'],
    ['an address that is none', { jwksUrl: 'keys.json' }, 'auth.jwksUrl'],
    ['an address of another kind', { jwksUrl: 'file:///etc/passwd' }, 'auth.jwksUrl'],
    ['a file that is not there', { jwksFile: '/nowhere/keys.json' }, 'auth.jwksFile'],
    ['a negative tolerance', { secret: SECRET, clockToleranceMs: -1 }, 'auth.clockToleranceMs'],
    ['an endless tolerance', { secret: SECRET, clockToleranceMs: Infinity }, 'auth.clockToleranceMs'],
  ])('refuse %s', (_, options, option) => {
    expect(() => createTokenVerifier(options)).toThrow(named(option));
  });

  it('accept a secret of 32 bytes', () => {
    expect(() => createTokenVerifier({ secret: 'x'.repeat(32) })).not.toThrow();
    expect(() => createTokenVerifier({ secret: 'ä'.repeat(16) })).not.toThrow(); // bytes, not characters
  });

  it('are named by an error that keeps the secret to itself', () => {
    expect(() => createTokenVerifier({ secret: 'hunter2' })).toThrow(OptionError);
    expect(() => createTokenVerifier({ secret: 'hunter2' })).not.toThrow(/hunter2/);
  });
});

describe('a key pair used as a secret', () => {
  it('does not let a public key sign', async () => {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    const text = JSON.stringify(await exportJWK(publicKey));
    expect(await refusal(forge(CLAIMS, { secret: text }))).toBe('invalid');
  });
});
