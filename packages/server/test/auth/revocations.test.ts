import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/auth/principal.ts';
import { Revocations } from '../../src/auth/revocations.ts';
import { TokenError } from '../../src/errors.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

/** Tokens read `user` or `user/seconds since 1970 of their issue`. */
function setUp() {
  const clock = new ManualClock();
  const verify = async (token: string): Promise<Principal> => {
    const [userId = '', issuedAt] = token.split('/');
    const claims = issuedAt === undefined ? {} : { iat: Number(issuedAt) };
    return { userId, expiresAt: Number.MAX_SAFE_INTEGER, scopes: new Set(), claims };
  };
  return { now: () => Math.floor(clock.now() / 1_000), revocations: new Revocations(verify, clock) };
}

describe('Revocations', () => {
  it('lets a token pass whose user was not revoked', async () => {
    const { revocations, now } = setUp();
    revocations.add('bea');
    await expect(revocations.verify(`ann/${now()}`)).resolves.toMatchObject({ userId: 'ann' });
  });

  it('refuses what the user held when it was revoked, and what may be as old', async () => {
    const { revocations, now } = setUp();
    const held = [`ann/${now() - 3_600}`, `ann/${now()}`, 'ann'];
    for (const token of held) await expect(revocations.verify(token)).resolves.toBeDefined();
    revocations.add('ann');
    for (const token of held) await expect(revocations.verify(token)).rejects.toBeInstanceOf(TokenError);
  });

  it('accepts a token that was issued later', async () => {
    const { revocations, now } = setUp();
    revocations.add('ann');
    await expect(revocations.verify(`ann/${now() + 1}`)).resolves.toMatchObject({ userId: 'ann' });
  });

  it('refuses a token whose user was revoked while it was verified', async () => {
    const { revocations, now } = setUp();
    const verifying = revocations.verify(`ann/${now()}`);
    revocations.add('ann');
    await expect(verifying).rejects.toBeInstanceOf(TokenError);
  });

  it.each(['__proto__', 'constructor'])('treats the user %s as any other', async (userId) => {
    const { revocations, now } = setUp();
    await expect(revocations.verify(`${userId}/${now()}`)).resolves.toMatchObject({ userId });
    revocations.add(userId);
    await expect(revocations.verify(`${userId}/${now()}`)).rejects.toBeInstanceOf(TokenError);
  });
});
