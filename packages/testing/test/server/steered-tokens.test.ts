import { createTokenVerifier } from '@vitalwire/server';
import { describe, expect, it } from 'vitest';
import { SteeredTokens } from '../../src/server/steered-tokens.ts';
import { SECRET, tokenOf } from '../../src/tokens.ts';

describe('steered tokens', () => {
  it('expire when they are told to: those that were seen, and what was proven by them', async () => {
    const tokens = new SteeredTokens(createTokenVerifier({ secret: SECRET }));
    const [seen, unseen, other] = [
      await tokenOf({ sub: 'anna' }),
      await tokenOf({ sub: 'anna' }),
      await tokenOf(),
    ];
    const principal = await tokens.verify(seen);
    await tokens.verify(other);
    expect(principal.expiresAt).toBeGreaterThan(Date.now());
    tokens.expire('anna');
    expect(principal.expiresAt).toBe(0);
    await expect(tokens.verify(seen)).rejects.toMatchObject({ code: 'invalid_token', expired: true });
    expect(await tokens.verify(unseen)).toMatchObject({ userId: 'anna' });
    expect(await tokens.verify(other)).toMatchObject({ userId: 'patient' });
    expect(() => tokens.expire('ben')).toThrow('seen were those of anna, patient');
  });
});
