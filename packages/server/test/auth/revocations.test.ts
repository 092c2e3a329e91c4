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
  const revocations = new Revocations();
  const guarded = revocations.guard(verify);
  const revoke = (userId: string) => revocations.add(userId, clock.now());
  return { clock, now: () => Math.floor(clock.now() / 1_000), revocations, verify: guarded, revoke };
}

describe('Revocations', () => {
  it('lets a token pass whose user was not revoked', async () => {
    const { verify, revoke, now } = setUp();
    revoke('bea');
    await expect(verify(`ann/${now()}`)).resolves.toMatchObject({ userId: 'ann' });
  });

  it('refuses what the user held when it was revoked, and what may be as old', async () => {
    const { verify, revoke, now } = setUp();
    const held = [`ann/${now() - 3_600}`, `ann/${now()}`, 'ann'];
    for (const token of held) await expect(verify(token)).resolves.toBeDefined();
    revoke('ann');
    for (const token of held) await expect(verify(token)).rejects.toBeInstanceOf(TokenError);
  });

  it('accepts a token that was issued later', async () => {
    const { verify, revoke, now } = setUp();
    revoke('ann');
    await expect(verify(`ann/${now() + 1}`)).resolves.toMatchObject({ userId: 'ann' });
  });

  it('changes nothing when it is told again, or of an earlier revocation', async () => {
    const { clock, revocations, verify, revoke, now } = setUp();
    clock.advance(60_000);
    const [held, newer] = [`ann/${now() - 10}`, `ann/${now() + 1}`];
    revoke('ann');
    revoke('ann');
    revocations.add('ann', clock.now() - 30_000);
    await expect(verify(held)).rejects.toBeInstanceOf(TokenError);
    await expect(verify(newer)).resolves.toMatchObject({ userId: 'ann' });
  });

  it('refuses a token whose user was revoked while it was verified', async () => {
    const { verify, revoke, now } = setUp();
    const verifying = verify(`ann/${now()}`);
    revoke('ann');
    await expect(verifying).rejects.toBeInstanceOf(TokenError);
  });

  it.each(['__proto__', 'constructor'])('treats the user %s as any other', async (userId) => {
    const { verify, revoke, now } = setUp();
    await expect(verify(`${userId}/${now()}`)).resolves.toMatchObject({ userId });
    revoke(userId);
    await expect(verify(`${userId}/${now()}`)).rejects.toBeInstanceOf(TokenError);
  });
});
