import { tokenOf, unsignedToken } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { fastClock } from '../../support/clocks.ts';
import { feedback, numbersOf } from '../../support/publications.ts';
import { RawClient } from '../../support/raw-client.ts';
import { TestServer } from '../../support/test-server.ts';

const owner = (...diagnoses: number[]) => tokenOf({ diagnoses });

describe('One diagnosis: GET /ws/{diagnosis_id}', () => {
  it('sends connect, then what is queued, then what is published', async () => {
    await using server = await TestServer.start();
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await server.broadcast.feedbackUpdate(1, feedback(2));
    await using client = await RawClient.plain(server.url, 1, { token: await owner(1) });
    await client.publications(2);
    await server.broadcast.feedbackUpdate(1, feedback(3));
    await client.publications(1);
    expect(client.frames.map(({ type }) => type)).toEqual(['connect', ...Array(3).fill('feedback_update')]);
    expect(numbersOf(client.frames)).toEqual([1, 2, 3]);
  });

  it('starts where after says', async () => {
    await using server = await TestServer.start();
    for (const number of [1, 2, 3]) await server.broadcast.feedbackUpdate(1, feedback(number));
    const { epoch } = await server.broadcast.feedbackUpdate(1, feedback(4));
    await using client = await RawClient.plain(server.url, 1, { token: await owner(1), after: `${epoch}:2` });
    expect(numbersOf(await client.publications(2))).toEqual([3, 4]);
  });

  it('needs no subprotocol, and selects vitalwire.v1 when it is offered', async () => {
    await using server = await TestServer.start();
    const token = await owner(1);
    await using without = await RawClient.plain(server.url, 1, { token });
    await using offering = await RawClient.plain(server.url, 1, { token, subprotocol: true });
    expect(without.subprotocol).toBe('');
    expect(offering.subprotocol).toBe('vitalwire.v1');
    await offering.connected(1);
  });

  const refusals = [
    { refused: 'no token', id: '1', token: async () => undefined, code: 1008, reason: 'invalid_token' },
    {
      refused: 'a text that is no token',
      id: '1',
      token: async () => 'x',
      code: 1008,
      reason: 'invalid_token',
    },
    {
      refused: 'a foreign token',
      id: '1',
      token: () => tokenOf({ diagnoses: [1], secret: 'another secret that is also long enough' }),
      code: 1008,
      reason: 'invalid_token',
    },
    {
      refused: 'an unsigned token',
      id: '1',
      token: async () => unsignedToken({ sub: 'patient', diagnoses: [1], exp: 4e9 }),
      code: 1008,
      reason: 'invalid_token',
    },
    {
      refused: 'an expired token, before everything else that is wrong',
      id: '0',
      after: 'nonsense',
      token: () => tokenOf({ diagnoses: [], expiresInSeconds: -60 }),
      code: 4401,
      reason: 'token_expired',
    },
    {
      refused: 'an impossible diagnosis id, before a malformed after',
      id: '0',
      after: 'nonsense',
      token: () => owner(),
      code: 1008,
      reason: 'diagnosis_not_found',
    },
    {
      refused: 'a malformed after, before ownership is asked',
      id: '1',
      after: 'nonsense',
      token: () => owner(),
      code: 1008,
      reason: 'invalid_position',
    },
    {
      refused: 'a diagnosis of another user',
      id: '1',
      token: () => owner(2),
      code: 1008,
      reason: 'access_denied',
    },
    {
      refused: 'a diagnosis that does not exist',
      id: '404',
      token: () => owner(404),
      code: 1008,
      reason: 'diagnosis_not_found',
    },
  ];

  it.each(refusals)('refuses $refused by a close', async ({ id, after, token, code, reason }) => {
    await using server = await TestServer.start({
      authorize: ({ claims }, _action, diagnosisId) =>
        diagnosisId === 404 ? 'not_found' : (claims['diagnoses'] as number[]).includes(diagnosisId),
    });
    const given = await token();
    await using client = await RawClient.plain(server.url, id, {
      ...(given !== undefined && { token: given }),
      ...(after !== undefined && { after }),
    });
    expect(await client.closed()).toEqual({ code, reason });
    expect(client.frames).toMatchObject([{ type: 'disconnect', code, reason, reconnect: code === 4401 }]);
  });

  it('knows only the commands ping and authenticate', async () => {
    await using server = await TestServer.start();
    await using client = await RawClient.plain(server.url, 1, { token: await owner(1, 2) });
    await client.connected(1);
    for (const type of ['subscribe', 'unsubscribe']) {
      client.send({ type, diagnosis_id: 2 });
      expect(await client.next('error')).toMatchObject({ code: 'unsupported_command' });
    }
    client.send({ type: 'authenticate', token: await owner(1) });
    await client.settled();
    expect(client.isOpen).toBe(true);
  });
});

describe('Many diagnoses: GET /ws', () => {
  it('refuses a handshake without the subprotocol, and says what is missing', async () => {
    await using server = await TestServer.start();
    const refused = RawClient.open(`${server.url}/ws`, { subprotocol: false });
    await expect(refused).rejects.toMatchObject({
      status: 400,
      body: expect.stringContaining('vitalwire.v1'),
    });
  });

  it('carries many subscriptions over one connection', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1, 2]);
    await client.subscribe(1);
    await client.subscribe(2);
    await server.broadcast.feedbackUpdate(2, feedback(20));
    await server.broadcast.feedbackUpdate(1, feedback(10));
    const publications = await client.publications(2);
    expect(publications.map(({ diagnosis_id }) => diagnosis_id)).toEqual([2, 1]);
    expect(numbersOf(publications)).toEqual([20, 10]);
  });

  it('takes commands in one flight with authenticate', async () => {
    await using server = await TestServer.start();
    await using client = await RawClient.open(`${server.url}/ws`);
    client.socket.cork();
    client.send({ type: 'authenticate', token: await owner(1, 2) });
    client.send({ type: 'subscribe', diagnosis_id: 1 });
    client.send({ type: 'subscribe', diagnosis_id: 2 });
    client.socket.uncork();
    await client.connected(1);
    await client.connected(2);
  });

  it.each(['/ws/1/2', '/ws//', '/ws-other', '/'])('refuses the path %s with HTTP 404', async (path) => {
    await using server = await TestServer.start();
    await expect(RawClient.open(`${server.url}${path}`, { subprotocol: true })).rejects.toMatchObject({
      status: 404,
    });
  });

  it.each(['/ws', '/ws/1'])('refuses an origin that was not allowed with HTTP 403 on %s', async (path) => {
    await using server = await TestServer.start({ origins: ['https://app.example.com'] });
    const token = await owner(1);
    const open = (headers: Record<string, string>) =>
      RawClient.open(`${server.url}${path}?token=${token}`, { subprotocol: true, headers });
    for (const origin of [
      'https://evil.example',
      'http://app.example.com',
      'https://app.example.com.evil.example',
      'https://evil-app.example.com',
      'https://app.example.com:8443',
      'https://app.example.com.',
      'null',
    ]) {
      await expect(open({ origin }), origin).rejects.toMatchObject({ status: 403 });
    }
    await using allowed = await open({ origin: 'https://app.example.com' });
    await using noBrowser = await open({});
    expect([allowed.isOpen, noBrowser.isOpen]).toEqual([true, true]);
  });
});

describe('Authentication', () => {
  it('has no answer of its own; what follows it proves it', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    await client.settled();
    expect(client.frames.map(({ type }) => type)).toEqual(['pong']);
  });

  it('refuses commands before it, and goes on', async () => {
    await using server = await TestServer.start();
    await using client = await RawClient.open(`${server.url}/ws`);
    client.send({ type: 'subscribe', diagnosis_id: 1 });
    expect(await client.next('error')).toMatchObject({ code: 'not_authenticated', diagnosis_id: 1 });
    client.send({ type: 'authenticate', token: await owner(1) });
    expect((await client.subscribe(1)).type).toBe('connect');
  });

  it.each([
    { wrong: 'without sub', claims: { sub: undefined as unknown as string } },
    { wrong: 'with an empty sub', claims: { sub: '' } },
    { wrong: 'with a sub of 256 characters', claims: { sub: 'x'.repeat(256) } },
    { wrong: 'with a sub that is no text', claims: { sub: 7 as unknown as string } },
    { wrong: 'without exp', claims: { exp: undefined as unknown as number } },
    { wrong: 'with an exp that is no number', claims: { exp: 'tomorrow' as unknown as number } },
    { wrong: 'that counts only from later on', claims: { nbf: 4e9 } },
  ])('refuses a token $wrong with 1008 invalid_token', async ({ claims }) => {
    await using server = await TestServer.start();
    await using client = await RawClient.authenticated(server.url, await tokenOf({ diagnoses: [1], claims }));
    expect(await client.closed()).toEqual({ code: 1008, reason: 'invalid_token' });
    expect(client.frames).toMatchObject([{ type: 'disconnect', reason: 'invalid_token', reconnect: false }]);
  });

  it('refuses an expired token with 4401, and handles none of the commands after it', async () => {
    await using server = await TestServer.start();
    const token = await tokenOf({ diagnoses: [1], expiresInSeconds: -60 });
    await using client = await RawClient.authenticated(server.url, token);
    client.send({ type: 'subscribe', diagnosis_id: 1 });
    expect(await client.closed()).toEqual({ code: 4401, reason: 'token_expired' });
    expect(client.frames).toMatchObject([{ type: 'disconnect', reconnect: true }]);
  });

  it.each([
    { claim: 'absent', diagnoses: undefined },
    { claim: 'of texts', diagnoses: ['1'] },
    { claim: 'that is a text', diagnoses: '1' },
    { claim: 'that is one number', diagnoses: 1 },
    { claim: 'that is an object', diagnoses: { 1: true, includes: true } },
  ])('gives no access by a claim diagnoses $claim', async ({ diagnoses }) => {
    await using server = await TestServer.start();
    await using client = await RawClient.authenticated(server.url, await tokenOf({ claims: { diagnoses } }));
    expect(await client.subscribe(1)).toMatchObject({ type: 'error', code: 'access_denied' });
  });

  it('lets the scope broadcast publish, not subscribe', async () => {
    await using server = await TestServer.start();
    await using client = await RawClient.authenticated(server.url, await tokenOf({ scope: 'broadcast' }));
    expect(await client.subscribe(1)).toMatchObject({ type: 'error', code: 'access_denied' });
  });

  it('closes with 4400 when it does not come within 10 seconds', async () => {
    await using server = await TestServer.start({ clock: fastClock(20) });
    await using silent = await RawClient.open(`${server.url}/ws`);
    await using talking = await RawClient.open(`${server.url}/ws`);
    const opened = performance.now();
    // Other commands do not put it off.
    while (talking.isOpen && performance.now() - opened < 2_000) {
      talking.send({ type: 'ping' });
      await talking.next('pong').catch(() => {});
    }
    for (const client of [silent, talking]) {
      expect(await client.closed()).toEqual({ code: 4400, reason: 'authentication_timeout' });
    }
    expect((performance.now() - opened) * 20).toBeGreaterThan(9_000);
    expect(silent.frames).toMatchObject([{ type: 'disconnect', code: 4400, reconnect: true }]);
  });

  it('closes with 1009 when a frame before it has more than 8 KiB', async () => {
    await using server = await TestServer.start();
    const padded = (bytes: number) => JSON.stringify({ type: 'ping' }).padEnd(bytes, ' ');
    await using within = await RawClient.open(`${server.url}/ws`);
    within.sendText(padded(8_192));
    await within.next('pong');
    await using beyond = await RawClient.open(`${server.url}/ws`);
    beyond.sendText(padded(8_193));
    expect(await beyond.closed()).toEqual({ code: 1009, reason: 'message_too_big' });
  });
});
