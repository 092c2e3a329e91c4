import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../src/auth/token.ts';
import { RequestError, TokenError } from '../../src/errors.ts';
import { forge } from '../support/tokens.ts';

const MINUTE_MS = 60_000;

interface Signer {
  readonly jwk: JWK;
  readonly pem: string;
  sign(claims?: Record<string, unknown>, header?: Partial<JWTHeaderParameters>): Promise<string>;
}

async function signer(alg: string, kid: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg };
  return {
    jwk,
    pem: await exportSPKI(publicKey),
    sign: (claims, header) =>
      new SignJWT({ sub: 'anna', exp: inAnHour(), ...claims })
        .setProtectedHeader({ alg, kid, ...header })
        .sign(privateKey),
  };
}

const inAnHour = () => Math.floor(Date.now() / 1_000) + 3_600;

let ec: Signer;
let rsa: Signer;
let ed: Signer;
beforeAll(async () => {
  [ec, rsa, ed] = await Promise.all([signer('ES256', 'ec'), signer('RS256', 'rsa'), signer('EdDSA', 'ed')]);
});

const invalid = expect.objectContaining({
  constructor: TokenError,
  message: 'invalid token',
  expired: false,
});
const unavailable = expect.objectContaining({
  constructor: RequestError,
  code: 'unavailable',
  temporary: true,
});

describe('a key set from a file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vitalwire-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function verifierOf(content: string) {
    const jwksFile = join(folder, 'keys.json');
    await writeFile(jwksFile, content);
    return createTokenVerifier({ jwksFile });
  }
  const keySet = (...signers: Signer[]) => JSON.stringify({ keys: signers.map(({ jwk }) => jwk) });

  it('verifies ES256, RS256 and EdDSA', async () => {
    const verify = await verifierOf(keySet(ec, rsa, ed));
    for (const { sign } of [ec, rsa, ed]) await expect(verify(await sign())).resolves.toBeDefined();
  });

  it('refuses an algorithm that is not listed', async () => {
    const other = await signer('ES384', 'other');
    const verify = await verifierOf(keySet(ec, other));
    await expect(verify(await other.sign())).rejects.toEqual(invalid);
  });

  it('refuses a token signed with the public key as a secret', async () => {
    const verify = await verifierOf(keySet(rsa));
    const token = forge({ sub: 'anna', exp: inAnHour() }, { secret: rsa.pem, header: { kid: 'rsa' } });
    await expect(verify(token)).rejects.toEqual(invalid);
  });

  it.each(['unknown', '../../etc/passwd', "' OR 1=1 --", '__proto__', 'constructor', ''])(
    'refuses the key name %j',
    async (kid) => {
      const verify = await verifierOf(keySet(ec));
      await expect(verify(await ec.sign({}, { kid }))).rejects.toEqual(invalid);
    },
  );

  it('refuses the key of another signer that brings it along', async () => {
    const evil = await signer('ES256', 'ec');
    const verify = await verifierOf(keySet(ec));
    const headers = [
      { jwk: evil.jwk },
      { jku: 'http://127.0.0.1:1/keys' },
      { x5u: 'http://127.0.0.1:1/cert' },
    ];
    for (const header of headers) {
      await expect(verify(await evil.sign({}, header))).rejects.toEqual(invalid);
    }
  });

  it.each([
    ['no JSON', 'keys'],
    ['no key set', '{"sub":"anna"}'],
    ['no keys', '{"keys":[]}'],
  ])('is refused as an option when it holds %s', async (_, content) => {
    await expect(verifierOf(content)).rejects.toMatchObject({ option: 'auth.jwksFile' });
  });
});

describe('a key set from an address', () => {
  let server: Server;
  let requests: number;
  let answer: RequestListener;
  let jwksUrl: string;
  let now: number;

  beforeEach(async () => {
    requests = 0;
    now = Date.now();
    serveKeys(ec);
    server = createServer((request, response) => {
      requests++;
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  });
  afterEach(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  function serveKeys(...signers: Signer[]) {
    answer = (_, response) => response.end(JSON.stringify({ keys: signers.map(({ jwk }) => jwk) }));
  }
  const create = () => createTokenVerifier({ jwksUrl }, () => now);

  it('is fetched once, when the first token needs it', async () => {
    const verify = create();
    expect(requests).toBe(0);
    await Promise.all([verify(await ec.sign()), verify(await ec.sign({ sub: 'bert' }))]);
    await verify(await ec.sign({ sub: 'carl' }));
    expect(requests).toBe(1);
  });

  it('is fetched at most once for a thousand tokens with unknown keys', async () => {
    const verify = create();
    await verify(await ec.sign());
    for (let i = 0; i < 1_000; i++) {
      await expect(verify(await ec.sign({}, { kid: `unknown ${i}` }))).rejects.toEqual(invalid);
    }
    expect(requests).toBe(1);
  });

  it('goes on to count while it cannot be fetched again', async () => {
    const verify = create();
    await verify(await ec.sign());
    answer = (_, response) => response.writeHead(500).end();
    now += 11 * MINUTE_MS;
    await expect(verify(await ec.sign({ sub: 'bert' }))).resolves.toMatchObject({ userId: 'bert' });
    await expect.poll(() => requests).toBe(2);
    await expect(verify(await ec.sign({ sub: 'carl' }))).resolves.toMatchObject({ userId: 'carl' });
  });

  it('stops accepting a key that was removed, also for tokens it has seen', async () => {
    const verify = create();
    const token = await ec.sign();
    await verify(token);
    serveKeys(ed);
    now += 11 * MINUTE_MS;
    await expect.poll(async () => verify(token).catch((error: unknown) => error)).toEqual(invalid);
    await expect(verify(await ec.sign({ sub: 'bert' }))).rejects.toEqual(invalid);
    await expect(verify(await ed.sign())).resolves.toBeDefined();
  });

  it('stops accepting a removed key for tokens that were being verified when it went', async () => {
    const verify = create();
    await verify(await ec.sign());
    const tokens = await Promise.all(Array.from({ length: 500 }, (_, i) => ec.sign({ sub: `user ${i}` })));
    serveKeys(ed);
    now += 11 * MINUTE_MS;
    const before = requests;
    const verified: string[] = [];
    for (const token of tokens) {
      void verify(token).then(
        () => verified.push(token),
        () => undefined,
      );
      await new Promise(setImmediate);
    }
    expect(requests).toBe(before + 1);
    await expect(verify(await ed.sign())).resolves.toBeDefined();
    expect(verified).not.toEqual([]);
    for (const token of verified) await expect(verify(token)).rejects.toEqual(invalid);
  });

  it('stops to count after 24 hours in which it could not be fetched, also for tokens it has seen', async () => {
    const verify = create();
    const token = await ec.sign({ exp: Math.floor(Date.now() / 1_000) + 48 * 3_600 });
    await verify(token);
    answer = (_, response) => response.writeHead(500).end();
    now += 24 * 60 * MINUTE_MS - 1;
    await expect(verify(token)).resolves.toBeDefined();
    await expect.poll(() => requests).toBe(2);
    now += 1_000;
    await expect(verify(token)).rejects.toEqual(unavailable);
    serveKeys(ec);
    now += 1_000;
    await expect(verify(token)).resolves.toBeDefined();
  });

  it.each<[string, RequestListener]>([
    ['answers 500', (_, response) => response.writeHead(500).end()],
    ['answers something else', (_, response) => response.end('<!doctype html>')],
    ['answers no key set', (_, response) => response.end('{"keys":7}')],
    ['cuts the connection', (_, response) => response.destroy()],
    ['redirects', (_, response) => response.writeHead(302, { location: '/other' }).end()],
    [
      'answers 10 MB',
      (_, response) => response.end(JSON.stringify({ keys: [], pad: 'x'.repeat(10_000_000) })),
    ],
  ])('is temporarily unavailable when the address %s', async (_, listener) => {
    const verify = create();
    answer = listener;
    await expect(verify(await ec.sign())).rejects.toEqual(unavailable);
    serveKeys(ec);
    now += 1_000;
    await expect(verify(await ec.sign())).resolves.toMatchObject({ userId: 'anna' });
  });

  it.each<[string, RequestListener]>([
    ['answers 500', (_, response) => response.writeHead(500).end()],
    ['answers no key set', (_, response) => response.end('{"keys":7}')],
  ])('is asked for once a second at most while the address %s', async (_, listener) => {
    const verify = create();
    answer = listener;
    for (let i = 0; i < 20; i++) await expect(verify(await ec.sign())).rejects.toEqual(unavailable);
    expect(requests).toBe(1);
    now += 1_000;
    await expect(verify(await ec.sign())).rejects.toEqual(unavailable);
    expect(requests).toBe(2);
  });

  it('is unavailable when nobody listens', async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(create()(await ec.sign())).rejects.toEqual(unavailable);
  });

  it('is not asked for a token that is no token', async () => {
    await expect(create()('garbage')).rejects.toEqual(invalid);
    await expect(create()(forge({ sub: 'anna', exp: inAnHour() }))).rejects.toEqual(invalid);
    expect(requests).toBe(0);
  });
});
