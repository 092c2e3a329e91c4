import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { Backend } from './support/backend.ts';
import { feedback, publish } from './support/http.ts';
import { PlainClient } from './support/plain-client.ts';
import { Program } from './support/program.ts';
import { tokenOf } from './support/tokens.ts';

const freePort = { 'port: 8000': 'port: 0' };

describe('authorize-function.ts', () => {
  it('lets the care team watch and its clinicians publish', async () => {
    await using program = await Program.example('authorize-function.ts', freePort);
    const url = `http://127.0.0.1:${await program.port()}`;
    using patient = new PlainClient(`${url}/ws/123`, await tokenOf('7', []));
    using stranger = new PlainClient(`${url}/ws/123`, await tokenOf('8', [123]));
    await patient.first('connect');

    expect(await stranger.first('disconnect')).toMatchObject({ code: 1008, reason: 'access_denied' });
    expect((await publish(url, 'feedback-update', feedback, await tokenOf('7'))).status).toBe(403);
    expect((await publish(url, 'feedback-update', feedback, await tokenOf('okafor'))).status).toBe(200);
    expect((await publish(url, 'feedback-update', feedback)).status).toBe(200);
    expect(await patient.first('feedback_update')).toMatchObject({ offset: 1 });
  });
});

describe('authorize-http.ts', () => {
  it('asks the backend in the words of the guide', async () => {
    const questions: unknown[] = [];
    await using backend = await Backend.start((request, body) => {
      questions.push([request.method, request.url, request.headers.authorization, JSON.parse(body)]);
      return [200, { allow: JSON.parse(body).user_id === '7' }];
    });
    await using program = await Program.example(
      'authorize-http.ts',
      { ...freePort, 'http://127.0.0.1:3000': backend.url },
      { env: { BACKEND_KEY: 'key' } },
    );
    const url = `http://127.0.0.1:${await program.port()}/ws/123`;
    using owner = new PlainClient(url, await tokenOf('7', []));
    using stranger = new PlainClient(url, await tokenOf('8', []));

    await owner.first('connect');
    expect(await stranger.first('disconnect')).toMatchObject({ code: 1008, reason: 'access_denied' });
    expect(questions[0]).toEqual([
      'POST',
      '/owns',
      'Bearer key',
      { user_id: '7', action: 'subscribe', diagnosis_id: 123 },
    ]);
  });
});

describe('jwks.ts', () => {
  it('accepts tokens of the log-in service only', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' };
    await using login = await Backend.start(() => [200, { keys: [jwk] }]);
    await using program = await Program.example('jwks.ts', {
      ...freePort,
      'https://login.example.com/.well-known/jwks.json': `${login.url}/.well-known/jwks.json`,
    });
    const url = `http://127.0.0.1:${await program.port()}/ws/123`;
    const token = (audience: string) =>
      new SignJWT({ diagnoses: [123] })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setSubject('7')
        .setIssuer('https://login.example.com/')
        .setAudience(audience)
        .setExpirationTime('1h')
        .sign(privateKey);
    using owner = new PlainClient(url, await token('vitalwire'));
    using other = new PlainClient(url, await token('another service'));
    using shared = new PlainClient(url, await tokenOf('7'));

    expect(await owner.first('connect')).toMatchObject({ data: { user_id: '7' } });
    expect(await other.first('disconnect')).toMatchObject({ reason: 'invalid_token' });
    expect(await shared.first('disconnect')).toMatchObject({ reason: 'invalid_token' });
  });
});

describe('retention.ts', () => {
  it('keeps what it says', async () => {
    await using program = await Program.example('retention.ts', {
      ...freePort,
      'publications: 5_000': 'publications: 2',
    });
    const url = `http://127.0.0.1:${await program.port()}`;
    for (let i = 0; i < 5; i++) await publish(url, 'feedback-update', feedback);

    using client = new PlainClient(`${url}/ws/123`, await tokenOf('7'));

    expect(await client.first('connect')).toMatchObject({
      data: { recovery: { status: 'fresh', count: 2 } },
    });
  });
});

describe('issue-tokens.ts', () => {
  it('gives a token to whoever is logged in', async () => {
    await using program = await Program.example('issue-tokens.ts', { 'listen(3000': 'listen(0' });
    const url = `http://127.0.0.1:${await program.port()}/token`;

    expect((await fetch(url)).status).toBe(401);
    const token = await (await fetch(url, { headers: { cookie: 'session=amara' } })).text();
    await using server = await Program.example('authorize-function.ts', freePort);
    using client = new PlainClient(`http://127.0.0.1:${await server.port()}/ws/123`, token);
    expect(await client.first('connect')).toMatchObject({ data: { user_id: '7' } });
  });
});
