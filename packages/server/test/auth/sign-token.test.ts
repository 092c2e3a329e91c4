import { describe, expect, it } from 'vitest';
import { ownDiagnoses } from '../../src/auth/own-diagnoses.ts';
import { signToken } from '../../src/auth/sign-token.ts';
import { createTokenVerifier } from '../../src/auth/token.ts';
import { SECRET } from '../support/tokens.ts';

describe('signToken', () => {
  it('signs what a server with the same secret accepts', async () => {
    const token = await signToken({ secret: SECRET, sub: '7', diagnoses: [123], scope: 'broadcast' });
    const principal = await createTokenVerifier({ secret: SECRET })(token);
    expect(principal).toMatchObject({ userId: '7', scopes: new Set(['broadcast']) });
    expect(ownDiagnoses(principal, 'subscribe', 123)).toBe(true);
  });

  it('signs for an hour, or for as long as it is told', async () => {
    const verify = createTokenVerifier({ secret: SECRET, clockToleranceMs: 0 });
    const seconds = async (token: string) => ((await verify(token)).expiresAt - Date.now()) / 1_000;
    expect(await seconds(await signToken({ secret: SECRET, sub: '7' }))).toBeCloseTo(3_600, -1);
    const token = await signToken({ secret: SECRET, sub: '7', expiresInSeconds: 60 });
    expect(await seconds(token)).toBeCloseTo(60, -1);
    const past = await signToken({ secret: SECRET, sub: '7', expiresInSeconds: -60 });
    await expect(verify(past)).rejects.toMatchObject({ expired: true });
  });

  it('notes when it signed', async () => {
    const token = await signToken({ secret: SECRET, sub: '7' });
    const { claims } = await createTokenVerifier({ secret: SECRET })(token);
    expect(Date.now() / 1_000 - Number(claims['iat'])).toBeLessThan(10);
  });

  it('names issuer and audience when it is told to', async () => {
    const named = { issuer: 'us', audience: 'them' };
    const token = await signToken({ secret: SECRET, sub: '7', ...named });
    await expect(createTokenVerifier({ secret: SECRET, ...named })(token)).resolves.toBeDefined();
  });

  it.each([
    ['secret', { secret: 'short' }],
    ['sub', { sub: '' }],
    ['sub', { sub: 'x'.repeat(256) }],
    ['diagnoses', { diagnoses: [0] }],
    ['diagnoses', { diagnoses: [1.5] }],
    ['diagnoses', { diagnoses: [2 ** 53] }],
    ['expiresInSeconds', { expiresInSeconds: Number.NaN }],
  ])('names %s as wrong in %j', async (option, options) => {
    await expect(signToken({ secret: SECRET, sub: '7', ...options })).rejects.toMatchObject({
      name: 'OptionError',
      option,
    });
  });
});
