import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { check, readHistory } from '../../../src/verify/index.ts';
import { fileWith, run, start, temporaryFolder } from '../../support/command-line.ts';
import { selfSigned } from '../../support/self-signed.ts';
import { DIAGNOSIS, deployment, verifierToken } from './deployment.ts';
import { FLAWS, flawedProxy } from './flawed-proxy.ts';

const BRIEFLY = ['--seconds', '5', '--rate', '40', '--subscribers', '3'];
const PATIENCE = { timeout: 60_000 };

async function verify(url: string, token: string, ...more: string[]) {
  const result = await run([
    'verify',
    '--url',
    url,
    '--token-file',
    fileWith(`${token}\n`),
    ...BRIEFLY,
    ...more,
  ]);
  expect(result.output).not.toContain(token);
  return result;
}

function violated(kind: RegExp): object {
  return { code: 1, output: expect.stringMatching(new RegExp(`^VIOLATED[^]*${kind.source}`, 'm')) };
}

describe('vitalwire verify', () => {
  it('finds that a healthy deployment holds, and keeps the history', PATIENCE, async () => {
    const history = join(temporaryFolder(), 'history.ndjson');
    const url = await deployment();
    const { code, output } = await verify(url, await verifierToken(), '--seed', '7', '--history', history);
    expect(output).toMatch(/^verifying diagnosis 999999999 for 5 s: 40 .* seed 7$/m);
    expect(output).toMatch(/^HELD – [\d,]+ deliveries to 9 subscriptions/m);
    expect(output).toMatch(/^connects +\d\d+ recovered, 1 fresh, 0 with a gap$/m);
    expect(output).toMatch(/^claim: nothing was found wrong in \d+ faults/m);
    expect(code).toBe(0);
    const again = await check(readHistory(history), {
      guards: { acknowledged: 50, acknowledgedDuringFaults: 1, loopDelayMs: 1_000 },
    });
    expect([again.verdict, again.invalid]).toEqual(['held', []]);
    expect(readFileSync(history, 'utf8')).not.toMatch(/eyJ/);
  });

  it('finds what a flawed proxy does to publications', PATIENCE, async () => {
    const token = await verifierToken();
    const results = await Promise.all(
      Object.entries(FLAWS).map(async ([flaw, make]) => {
        return [flaw, await verify(await flawedProxy(await deployment(), make), token)] as const;
      }),
    );
    expect(Object.fromEntries(results)).toEqual({
      dropping: violated(/^(skip|false-recovered) \(D1\): \d+$/m),
      repeating: violated(/^duplicate-delivery \(D1\): \d+$/m),
      swapping: violated(/^backwards \(D1\): \d+$/m),
      damaging: violated(/^corrupted \(D2\): \d+$/m),
    });
  });

  it(
    'holds through a proxy that changes nothing, and takes the address of a client as well',
    PATIENCE,
    async () => {
      const url = await flawedProxy(await deployment(), () => (frame) => [frame]);
      const { code, output } = await verify(`${url.replace('http', 'ws')}/ws/`, await verifierToken());
      expect(output).toMatch(/^HELD/m);
      expect(code).toBe(0);
    },
  );

  it('speaks TLS, and says how to trust a certificate', PATIENCE, async () => {
    const { keyFile, certFile } = selfSigned();
    const certificate = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
    const url = await deployment(certificate);
    const token = await verifierToken();
    const untrusted = await verify(url, token);
    expect(untrusted.output).toMatch(
      /is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\): set NODE_EXTRA_CA_CERTS/,
    );
    expect(untrusted.code).toBe(2);
    const trusted = await run(['verify', '--url', url, ...BRIEFLY], {
      VITALWIRE_TOKEN: token,
      NODE_EXTRA_CA_CERTS: certFile,
    });
    expect(trusted.output).toMatch(/^HELD/m);
    expect(trusted.code).toBe(0);
  });

  it('judges what happened until it is interrupted', PATIENCE, async () => {
    const token = await verifierToken();
    const args = ['verify', '--url', await deployment(), '--seconds', '600', '--rate', '40'];
    const { child, output } = start(args, { VITALWIRE_TOKEN: token });
    while (!output().startsWith('verifying')) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    child.kill('SIGINT');
    await new Promise((resolve) => child.once('close', resolve));
    expect(output()).toMatch(/^INVALID: the run proves nothing.*\n {2}– acknowledged publications/m);
    expect(child.exitCode).toBe(2);
  });
});

describe('vitalwire verify, when it cannot', () => {
  it.each<[string, Parameters<typeof verifierToken>[0], RegExp]>([
    [
      'foreign secret',
      { secret: 'another secret, long enough for HS256 as well' },
      /invalid_token: is the token signed/,
    ],
    [
      'diagnosis of others',
      { diagnoses: [1] },
      /access_denied: .*"diagnoses": \[999999999\].*vitalwire token/,
    ],
    ['short life', { expiresInSeconds: 30 }, /the token expires in \d+ s, and the run needs 65 s/],
  ])('says what is wrong with a token: %s', async (_, claims, message) => {
    const { code, output } = await verify(await deployment(), await verifierToken(claims));
    expect(output).toMatch(message);
    expect(code).toBe(2);
  });

  it.each([
    ['http://localhost:1', /nothing listens at http:\/\/localhost:1/],
    ['https://host.invalid', /host of https:\/\/host.invalid is not known/],
    ['ftp://localhost', /--url ftp:\/\/localhost: expected an address/],
    ['http://user:password@localhost', /without user and password/],
  ])('explains the address %s', async (url, message) => {
    const { code, output } = await verify(url, await verifierToken());
    expect(output).toMatch(message);
    expect(output).not.toContain('password@');
    expect(code).toBe(2);
  });

  it('explains a path without a deployment', async () => {
    const url = (await deployment()).replace('realtime', 'elsewhere');
    const { code, output } = await verify(url, await verifierToken());
    expect(output).toMatch(
      /handshake with .*elsewhere.* was answered with HTTP 404: is the base path in --url right/,
    );
    expect(code).toBe(2);
  });

  it('notices that somebody else publishes to the diagnosis', PATIENCE, async () => {
    const url = await deployment();
    const token = await verifierToken();
    const timer = setInterval(() => {
      void fetch(`${url}/ws/broadcast-feedback-update`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ diagnosis_id: DIAGNOSIS, feedback_id: 1, rating: 5, effectiveness: 1 }),
      });
    }, 1_000);
    onTestFinished(() => clearInterval(timer));
    const { code, output } = await verify(url, token);
    expect(output).toMatch(/somebody else published to diagnosis 999999999 .*--diagnosis/);
    expect(code).toBe(2);
  });

  it.each([
    [['--url', 'http://localhost', '--rat', '5'], /unknown option '--rat'/],
    [['--url', 'http://localhost', '--rate', '500'], /--rate.*whole number from 1 to 200/s],
    [['--url', 'http://localhost', '--diagnosis', '0'], /--diagnosis.*whole number/s],
    [['--url', 'http://localhost'], /give exactly one of --token, --token-file/],
    [['--url', 'http://localhost', '--token', 'x', '--token-file', 'y'], /give exactly one of/],
    [['--url', 'http://localhost', '--token', 'x'], /the token is no JSON Web Token/],
    [['--url', 'http://localhost', '--token-file', '/does/not/exist'], /--token-file \/does\/not\/exist: /],
    [[], /required option '--url <url>'/],
  ])('refuses %j by name', async (args, message) => {
    const { code, output } = await run(['verify', ...args]);
    expect(output).toMatch(message);
    expect(code).toBe(2);
  });

  it('refuses a history that cannot be written before it begins', async () => {
    const { code, output } = await verify(
      await deployment(),
      await verifierToken(),
      '--history',
      '/does/not/exist',
    );
    expect(output).toMatch(/--history \/does\/not\/exist: ENOENT/);
    expect(code).toBe(2);
  });
});
