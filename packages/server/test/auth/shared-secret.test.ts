import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { claimsOf, SharedSecret } from '../../src/auth/shared-secret.ts';
import { CLAIMS, encode, forge, NOW, NOW_MS, SECRET } from '../support/tokens.ts';

const BYTES = Buffer.from(SECRET);
const KEY = createSecretKey(BYTES);
const OWN = new SharedSecret(BYTES);
const CHECKS = {
  algorithms: ['HS256'],
  requiredClaims: ['sub', 'exp'],
  clockTolerance: 5,
  currentDate: new Date(NOW_MS),
};

/** The claims, or the error's class, code and claim. */
async function outcomeOf(verification: () => unknown): Promise<unknown> {
  try {
    return await verification();
  } catch (error) {
    const { name, code, claim } = error as { name: string; code: string; claim?: string };
    return { name, code, claim };
  }
}

const header = fc.oneof(
  { arbitrary: fc.constant({}), weight: 2 },
  fc.record(
    {
      alg: fc.constantFrom('HS256', 'none', 'HS512', 'hs256', '', null, 1, ['HS256']),
      typ: fc.constantFrom('JWT', 'at+jwt', 1),
      crit: fc.constantFrom(undefined, null, [], ['b64'], ['exotic']),
      b64: fc.boolean(),
    },
    { requiredKeys: [] },
  ),
);

const time = fc.constantFrom(NOW - 10, NOW - 5, NOW, NOW + 5, NOW + 6, NOW + 60, String(NOW), null, 1e308);

const name = fc.constantFrom('here', 'there', ['here'], ['there'], [], null, 1);

const claims = fc.oneof(
  fc.constant(CLAIMS),
  fc.constant({ ...CLAIMS, iss: 'here', aud: 'here', iat: NOW - 60, nbf: NOW }),
  fc.record(
    { sub: fc.anything(), exp: time, nbf: time, iat: time, iss: name, aud: name },
    { requiredKeys: [] },
  ),
  fc.constantFrom('[1]', '{"sub":', 'null', '"anna"', '\u{ffff}'),
  // Not UTF-8, or what that would look like.
  fc.constantFrom(
    Buffer.concat([
      Buffer.from(`{"sub":"anna","exp":${NOW + 60},"x":"`),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]),
    Buffer.from(`\u{feff}{"sub":"anna","exp":${NOW + 60}}`),
    Buffer.from(`{"sub":"anna","exp":${NOW + 60},"x":"\u{fffd}"}`),
  ),
);

/** What is asked of the claims besides. */
const names = fc.record({ issuer: fc.constant('here'), audience: fc.constant('here') }, { requiredKeys: [] });

/** Changes one character of a token, or nothing. */
const damage = fc.option(fc.tuple(fc.nat(), fc.constantFrom('A', 'B', '-', '_', '.')), { freq: 3 });

const tokens = fc
  .tuple(header, claims, fc.constantFrom(SECRET, SECRET, SECRET, `${SECRET}!`), damage)
  .map(([header, claims, secret, damaged]) => {
    const token = forge(claims, { header, secret });
    const usual = Object.keys(header).length === 0 && secret === SECRET && damaged === null;
    if (damaged === null) return { token, usual };
    const at = damaged[0] % token.length;
    return { token: token.slice(0, at) + damaged[1] + token.slice(at + 1), usual };
  });

describe('a shared secret', () => {
  it('finds nothing of an earlier signature behind one that is cut off', () => {
    const token = forge(CLAIMS);
    const own = new SharedSecret(BYTES);
    expect(own.signed(token)).toBe(true);
    // As many characters, more bytes: the last of them find no room.
    for (const last of ['é', '€', '']) expect(own.signed(token.slice(0, -1) + last)).toBe(false);
  });

  it('accepts and refuses as jose does whatever it is certain of, which is every usual token', async () => {
    const seen = { accepted: 0, refused: 0, left: 0 };
    await fc.assert(
      fc.asyncProperty(tokens, names, async ({ token, usual }, named) => {
        const checks = { ...CHECKS, ...named };
        if (!OWN.signed(token)) {
          expect(usual).toBe(false);
          seen.left += 1;
          return;
        }
        const asked = await outcomeOf(async () => (await jwtVerify(token, KEY, checks)).payload);
        const own = await outcomeOf(() => claimsOf(token, checks));
        expect(own).toEqual(asked);
        if (Object.hasOwn(own as object, 'code')) seen.refused += 1;
        else seen.accepted += 1;
      }),
      { numRuns: 3_000 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(50);
  });

  it('is certain of what was signed with a secret and by a text of any length', () => {
    const lengths = fc.constantFrom(32, 63, 64, 65, 200);
    const secrets = lengths.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    fc.assert(
      fc.property(secrets, fc.array(fc.nat(5_000), { minLength: 1 }), (secret, paddings) => {
        const own = new SharedSecret(secret);
        for (const padding of paddings) {
          const claims = { ...CLAIMS, padding: 'x'.repeat(padding) };
          expect(own.signed(forge(claims, { secret }))).toBe(true);
          expect(own.signed(forge(claims))).toBe(false);
        }
      }),
    );
  });

  it('takes no other character for one of the same last byte', () => {
    const token = forge(CLAIMS);
    const [, payload = ''] = token.split('.');
    const other = String.fromCharCode(payload.charCodeAt(0) + 0x100) + payload.slice(1);
    expect(OWN.signed(token.replace(payload, other))).toBe(false);
  });

  it('goes on to look at every header, whichever it saw before', () => {
    const secret = new SharedSecret(BYTES);
    expect(secret.signed(forge(CLAIMS))).toBe(true);
    expect(secret.signed(forge(CLAIMS, { header: { crit: ['b64'], b64: true } }))).toBe(false);
    expect(secret.signed(forge(CLAIMS, { header: { alg: 'HS512' } }))).toBe(false);
    expect(secret.signed(forge(CLAIMS, { secret: `${SECRET}!` }))).toBe(false);
    expect(secret.signed(forge(CLAIMS))).toBe(true);
  });

  it.each([
    ['another secret', forge(CLAIMS, { secret: `${SECRET}!` })],
    ['another algorithm', forge(CLAIMS, { header: { alg: 'HS512' } })],
    ['no algorithm', forge(CLAIMS, { header: { alg: undefined } })],
    ['alg none', `${encode('{"alg":"none"}')}.${encode(JSON.stringify(CLAIMS))}.`],
    ['something critical', forge(CLAIMS, { header: { crit: ['b64'], b64: true } })],
    ['a header that is no object', forge(CLAIMS).replace(/^[^.]+/, encode('null'))],
    ['a header that is no JSON', forge(CLAIMS).replace(/^[^.]+/, encode('{'))],
    ['a signature that says the same in other characters', otherEnding(forge(CLAIMS))],
    ['nothing', ''],
  ])('is not certain of a token with %s', (_, token) => {
    expect(OWN.signed(token)).toBe(false);
  });
});

/** The last character of 32 bytes in base64url has two bits that mean nothing. */
function otherEnding(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.at(-1) ?? '');
  return token.slice(0, -1) + alphabet[last ^ 1];
}
