import { batchAnswerSchema, broadcastAnswerSchema, errorBodySchema, statusSchema } from '@vitalwire/protocol';
import { memoryLog } from '@vitalwire/server';
import { backendToken, tokenOf, unsignedToken } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { publish } from '../../support/http.ts';
import { feedback, numbersOf, range } from '../../support/publications.ts';
import { TestServer, temporaryFolder } from '../../support/test-server.ts';

const body = (number: number, more: object = {}) => ({ diagnosis_id: 1, ...feedback(number), ...more });

/** The answer's status and its error code, or its offset. */
async function outcome(answer: Promise<Response>): Promise<(number | string)[]> {
  const response = await answer;
  const json = (await response.json()) as Record<string, number | string>;
  if (response.ok) broadcastAnswerSchema.parse(json);
  else errorBodySchema.parse(json);
  return [response.status, json['offset'] ?? json['error'] ?? ''];
}

describe('Publishing', () => {
  it('answers when the publication is durable and has its place', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    await client.subscribe(1);
    const response = await publish(server.url, 'feedback-update', body(1));
    expect(response.status).toBe(200);
    const [publication] = await client.publications(1);
    expect(await response.json()).toEqual({
      status: 'broadcasted',
      diagnosis_id: 1,
      clients_notified: 1,
      offset: 1,
      epoch: publication?.['epoch'],
    });
  });

  it('is allowed to the owner and to the scope broadcast, and to nobody else', async () => {
    await using server = await TestServer.start({
      authorize: ({ claims }, _, id) =>
        id === 404 ? 'not_found' : (claims['diagnoses'] as number[]).includes(id),
    });
    const by = async (token: Promise<string> | string, more = {}) =>
      outcome(publish(server.url, 'feedback-update', body(1, more), { token: await token }));
    expect(await by(tokenOf({ diagnoses: [1] }))).toEqual([200, 1]);
    expect(await by(backendToken())).toEqual([200, 2]);
    expect(await by(tokenOf({ diagnoses: [2] }))).toEqual([403, 'access_denied']);
    expect(
      await by(tokenOf({ diagnoses: [1], scope: 'broadcasts rebroadcast' }), { diagnosis_id: 2 }),
    ).toEqual([403, 'access_denied']);
    expect(await by(tokenOf(), { diagnosis_id: 404 })).toEqual([404, 'diagnosis_not_found']);
  });

  it.each([
    { refused: 'no token', headers: { authorization: '' } },
    { refused: 'another scheme', headers: { authorization: 'Basic eDp5' } },
    { refused: 'an altered token', token: async () => `${await backendToken()}x` },
    { refused: 'an expired token', token: () => tokenOf({ scope: 'broadcast', expiresInSeconds: -60 }) },
    {
      refused: 'an unsigned token',
      token: async () => unsignedToken({ sub: 'x', scope: 'broadcast', exp: 4e9 }),
    },
    { refused: 'a foreign token', token: () => tokenOf({ scope: 'broadcast', secret: 'x'.repeat(32) }) },
  ])('refuses $refused with 401', async ({ token, headers }) => {
    await using server = await TestServer.start();
    const options = { ...(token && { token: await token() }), ...(headers && { headers }) };
    const response = await publish(server.url, 'feedback-update', body(1), options);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(await response.json()).toMatchObject({ error: 'invalid_token' });
  });

  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  it.each([
    { input: 'no JSON', text: '{"diagnosis_id":1', expected: [400, 'invalid_json'] },
    { input: 'the empty text', text: '', expected: [400, 'invalid_json'] },
    { input: '8,000 nested arrays', text: `{"more":${nested(8_000)}}`, expected: [400, 'invalid_json'] },
    { input: 'a list', text: '[]', expected: [422, 'invalid_body'] },
    { input: 'rating 6', text: JSON.stringify(body(1, { rating: 6 })), expected: [422, 'invalid_body'] },
    { input: 'rating 0', text: JSON.stringify(body(1, { rating: 0 })), expected: [422, 'invalid_body'] },
    { input: 'rating 4.5', text: JSON.stringify(body(1, { rating: 4.5 })), expected: [422, 'invalid_body'] },
    {
      input: 'effectiveness 1.2',
      text: JSON.stringify(body(1, { effectiveness: 1.2 })),
      expected: [422, 'invalid_body'],
    },
    {
      input: 'diagnosis 0',
      text: JSON.stringify(body(1, { diagnosis_id: 0 })),
      expected: [422, 'invalid_body'],
    },
    {
      input: 'diagnosis -1',
      text: JSON.stringify(body(1, { diagnosis_id: -1 })),
      expected: [422, 'invalid_body'],
    },
    {
      input: 'diagnosis 1.5',
      text: JSON.stringify(body(1, { diagnosis_id: 1.5 })),
      expected: [422, 'invalid_body'],
    },
    {
      input: 'diagnosis "abc"',
      text: JSON.stringify(body(1, { diagnosis_id: 'abc' })),
      expected: [422, 'invalid_body'],
    },
    {
      input: 'diagnosis "1"',
      text: JSON.stringify(body(1, { diagnosis_id: '1' })),
      expected: [422, 'invalid_body'],
    },
    {
      input: 'diagnosis 2^53',
      text: JSON.stringify(body(1, { diagnosis_id: 2 ** 53 })),
      expected: [422, 'invalid_body'],
    },
    {
      input: 'an empty addressee',
      text: JSON.stringify(body(1, { to: '' })),
      expected: [422, 'invalid_body'],
    },
    {
      input: 'more than 64 KiB',
      text: JSON.stringify(body(1, { comment: 'x'.repeat(65_536) })),
      expected: [413, 'body_too_big'],
    },
  ])('refuses $input, and nobody receives it', async ({ text, expected }) => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    await client.subscribe(1);
    expect(await outcome(publish(server.url, 'feedback-update', text))).toEqual(expected);
    expect(await outcome(publish(server.url, 'feedback-update', body(7)))).toEqual([200, 1]);
    await client.publications(1);
    expect(numbersOf(client.frames)).toEqual([7]);
  });

  it('names the fields that are wrong, as PROTOCOL.md shows', async () => {
    await using server = await TestServer.start();
    const response = await publish(server.url, 'feedback-update', {
      diagnosis_id: 123,
      feedback_id: 312,
      rating: 6,
      effectiveness: 0.8,
    });
    expect(await response.json()).toEqual({
      error: 'invalid_body',
      message: 'the body is not valid',
      issues: [{ path: 'rating', message: 'expected at most 5' }],
    });
  });

  it('refuses a body that is declared as something else than JSON', async () => {
    await using server = await TestServer.start();
    const headers = { 'content-type': 'text/plain' };
    expect(await outcome(publish(server.url, 'feedback-update', body(1), { headers }))).toEqual([
      415,
      'unsupported_media_type',
    ]);
  });

  it('answers 503 with Retry-After when the log cannot take it, and nobody receives it', async () => {
    const log = memoryLog();
    await using server = await TestServer.start({ log });
    await log.close();
    const response = await publish(server.url, 'feedback-update', body(1));
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ error: 'unavailable' });
  });
});

describe('Idempotency', () => {
  const keyed = (server: TestServer, key: string, content: object, token?: string) =>
    outcome(
      publish(server.url, 'feedback-update', content, {
        headers: { 'idempotency-key': key },
        ...(token !== undefined && { token }),
      }),
    );

  it('gives the first answer again, whole, and publishes nothing', async () => {
    await using server = await TestServer.start();
    await using client = await server.plain(1);
    await client.connected(1);
    const headers = { 'idempotency-key': 'k' };
    const first = await publish(server.url, 'feedback-update', body(1), { headers });
    await client.cut(); // clients_notified of a new publication would differ
    const second = await publish(server.url, 'feedback-update', body(1), { headers });
    expect(await second.json()).toEqual(await first.json());
    await using late = await server.plain(1, { sub: 'late' });
    expect((await late.connected(1)).data.offset).toBe(1);
  });

  it('lets one of many at once through, and gives all the same answer', async () => {
    await using server = await TestServer.start();
    const answers = await Promise.all(range(1, 20).map(() => keyed(server, 'k', body(1))));
    expect(answers).toEqual(range(1, 20).map(() => [200, 1]));
    expect((await server.broadcast.feedbackUpdate(1, feedback(2))).offset).toBe(2);
  });

  it('outlives a restart when the log is on disk', async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/log.db`;
    const before = await TestServer.start({ path });
    expect(await keyed(before, 'k', body(1))).toEqual([200, 1]);
    await before.close();
    await using after = await TestServer.start({ path });
    expect(await keyed(after, 'k', body(1))).toEqual([200, 1]);
    expect(await keyed(after, 'k', body(2))).toEqual([409, 'idempotency_conflict']);
    expect(await keyed(after, 'l', body(2))).toEqual([200, 2]);
  });

  it('refuses the same key with another body or another addressee, not with other unknown fields or another order', async () => {
    await using server = await TestServer.start();
    expect(await keyed(server, 'k', body(1, { comment: 'a' }))).toEqual([200, 1]);
    expect(await keyed(server, 'k', body(1, { comment: 'b' }))).toEqual([409, 'idempotency_conflict']);
    expect(await keyed(server, 'k', body(1, { comment: 'a', to: 'ann' }))).toEqual([
      409,
      'idempotency_conflict',
    ]);
    const reversed = Object.fromEntries(Object.entries(body(1, { comment: 'a', colour: 'green' })).reverse());
    expect(await keyed(server, 'k', reversed)).toEqual([200, 1]);
  });

  it('belongs to the publisher, the diagnosis and the endpoint', async () => {
    await using server = await TestServer.start();
    const ann = await tokenOf({ sub: 'ann', scope: 'broadcast' });
    const ben = await tokenOf({ sub: 'ben', scope: 'broadcast' });
    expect(await keyed(server, 'k', body(1), ann)).toEqual([200, 1]);
    expect(await keyed(server, 'k', body(2), ben)).toEqual([200, 2]);
    expect(await keyed(server, 'k', body(3, { diagnosis_id: 2 }), ann)).toEqual([200, 1]);
    const effectiveness = {
      diagnosis_id: 1,
      recommendation_id: 7,
      new_effectiveness: 1,
      confidence: 1,
      sample_size: 1,
    };
    const headers = { 'idempotency-key': 'k' };
    const other = publish(server.url, 'effectiveness-update', effectiveness, { token: ann, headers });
    expect(await outcome(other)).toEqual([200, 3]);
  });

  it('refuses a key that is empty or longer than 255 characters', async () => {
    await using server = await TestServer.start();
    expect(await keyed(server, 'k'.repeat(255), body(1))).toEqual([200, 1]);
    for (const key of ['', 'k'.repeat(256)]) {
      const response = await publish(server.url, 'feedback-update', body(1), {
        headers: { 'idempotency-key': key },
      });
      expect(response.status).toBe(422);
    }
  });
});

describe('Publishing many', () => {
  const message = (number: number, more: object = {}) => ({ type: 'feedback_update', ...body(number, more) });

  /** The results of a batch that was answered with 200: an offset, or an error code. */
  async function batch(server: TestServer, messages: readonly object[], token?: string) {
    const response = await publish(server.url, 'batch', { messages }, token === undefined ? {} : { token });
    expect(response.status).toBe(200);
    const { results } = batchAnswerSchema.parse(await response.json());
    return results.map((result) => (result.status === 'broadcasted' ? result.offset : result.error));
  }

  it('publishes every message that is valid, in their order, and answers each in its place', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    await client.subscribe(1);
    const messages = range(1, 1_000).map((number) => message(number, number === 500 ? { rating: 6 } : {}));
    const results = await batch(server, messages);
    expect(results).toEqual([...range(1, 499), 'invalid_body', ...range(500, 999)]);
    const received = numbersOf(await client.publications(999));
    expect(received).toEqual(range(1, 1_000).filter((number) => number !== 500));
  });

  it('publishes to several diagnoses, each with its own order, and to one user', async () => {
    await using server = await TestServer.start();
    await using ann = await server.plain(1, { sub: 'ann' });
    await using ben = await server.plain(2, { sub: 'ben' });
    await Promise.all([ann.connected(1), ben.connected(2)]);
    const results = await batch(server, [
      message(1),
      message(2, { diagnosis_id: 2 }),
      message(3, { to: 'somebody else' }),
      message(4, { diagnosis_id: 2, to: 'ben' }),
      message(5),
    ]);
    expect(results).toEqual([1, 1, 2, 2, 3]);
    expect(numbersOf(await ann.publications(2))).toEqual([1, 5]);
    expect(numbersOf(await ben.publications(2))).toEqual([2, 4]);
  });

  it('is allowed for each diagnosis on its own', async () => {
    await using server = await TestServer.start();
    const results = await batch(
      server,
      [message(1), message(2, { diagnosis_id: 2 }), message(3)],
      await tokenOf({ diagnoses: [1] }),
    );
    expect(results).toEqual([1, 'access_denied', 2]);
  });

  it('gives the first answers again for the same keys, of whichever endpoint', async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/log.db`;
    const messages = range(1, 3).map((number) => message(number, { idempotency_key: `k${number}` }));
    const before = await TestServer.start({ path });
    expect(await batch(before, messages)).toEqual([1, 2, 3]);
    await before.close();
    await using server = await TestServer.start({ path });
    expect(await batch(server, [...messages, message(4), ...messages])).toEqual([1, 2, 3, 4, 1, 2, 3]);
    const headers = { 'idempotency-key': 'k2' };
    expect(await outcome(publish(server.url, 'feedback-update', body(2), { headers }))).toEqual([200, 2]);
    expect(await batch(server, [message(9, { idempotency_key: 'k2' }), message(5)])).toEqual([
      'idempotency_conflict',
      5,
    ]);
  });

  it.each([
    { refused: 'no messages', content: { messages: [] }, expected: [422, 'invalid_body'] },
    {
      refused: '1,001 messages',
      content: { messages: range(1, 1_001).map((number) => message(number)) },
      expected: [422, 'invalid_body'],
    },
    { refused: 'one message', content: message(1), expected: [422, 'invalid_body'] },
    { refused: 'no JSON', content: '{"messages":', expected: [400, 'invalid_json'] },
    {
      refused: 'more than 8 MiB',
      content: JSON.stringify({ messages: [message(1)] }).padEnd(8_388_609),
      expected: [413, 'body_too_big'],
    },
    {
      refused: 'the header of one publication',
      content: { messages: [message(1)] },
      headers: { 'idempotency-key': 'k' },
      expected: [422, 'invalid_body'],
    },
    {
      refused: 'an altered token',
      content: { messages: [message(1)] },
      headers: { authorization: 'Bearer x' },
      expected: [401, 'invalid_token'],
    },
  ])('refuses $refused as a whole, and publishes nothing', async ({ content, headers = {}, expected }) => {
    await using server = await TestServer.start();
    expect(await outcome(publish(server.url, 'batch', content, { headers }))).toEqual(expected);
    expect(await batch(server, [message(7)])).toEqual([1]);
  });

  it('refuses a message that publishes more than a body of its own may have, and no other', async () => {
    await using server = await TestServer.start();
    const large = message(1, { comment: 'x'.repeat(65_536) });
    expect(await batch(server, [message(1), large, message(2)])).toEqual([1, 'body_too_big', 2]);
  });

  it('says of each message that the log cannot take it now', async () => {
    const log = memoryLog();
    await using server = await TestServer.start({ log });
    await log.close();
    expect(await batch(server, [message(1), message(2)])).toEqual(['unavailable', 'unavailable']);
  });
});

describe('Status', () => {
  const status = async (server: TestServer, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return statusSchema.parse(await (await fetch(`${server.url}/ws/status`, { headers })).json());
  };

  it('is empty on a fresh server', async () => {
    await using server = await TestServer.start();
    const empty = {
      total_diagnoses: 0,
      total_connections: 0,
      connections_by_diagnosis: {},
      queued_messages_by_diagnosis: {},
    };
    expect(await status(server)).toEqual(empty);
    expect(await status(server, await backendToken())).toEqual(empty);
  });

  it('names diagnoses only to the scope broadcast', async () => {
    await using server = await TestServer.start();
    await using many = await server.client([1, 2]);
    await many.subscribe(1);
    await many.subscribe(2);
    await using single = await server.plain(1);
    await single.connected(1);
    await server.broadcast.feedbackUpdate(3, feedback(1));
    await server.broadcast.feedbackUpdate(3, feedback(2));
    const totals = { total_diagnoses: 2, total_connections: 2 };
    const hidden = { ...totals, connections_by_diagnosis: {}, queued_messages_by_diagnosis: {} };
    expect(await status(server)).toEqual(hidden);
    expect(await status(server, await tokenOf({ diagnoses: [1, 2, 3] }))).toEqual(hidden);
    expect(await status(server, await backendToken())).toEqual({
      ...totals,
      connections_by_diagnosis: { 1: 2, 2: 1 },
      queued_messages_by_diagnosis: { 3: 2 },
    });
  });

  it('counts a publication as queued until somebody has received it', async () => {
    await using server = await TestServer.start({ timing: { receiptIntervalMs: 1 } });
    for (const number of [1, 2, 3]) await server.broadcast.feedbackUpdate(1, feedback(number));
    const queued = async () => (await status(server, await backendToken())).queued_messages_by_diagnosis;
    expect(await queued()).toEqual({ 1: 3 });
    await using client = await server.plain(1, { autoPong: false });
    await client.publications(3);
    await client.settled();
    expect(await queued()).toEqual({ 1: 3 });
    client.pongFrame(client.pings[0] ?? '');
    await client.settled();
    expect(await queued()).toEqual({});
  });
});

describe('Operations', () => {
  it('serves health, readiness and metrics to everybody, without naming anything', async () => {
    await using server = await TestServer.start();
    await using client = await server.plain(8_675_309);
    await client.connected(8_675_309);
    await server.broadcast.feedbackUpdate(8_675_309, feedback(1, { comment: 'confidential' }));
    await client.publications(1);
    for (const path of ['/health', '/ready']) {
      const response = await fetch(`${server.url}${path}`);
      expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
    }
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^vitalwire_connections 1$/m);
    expect(metrics).toMatch(/^vitalwire_deliveries_total 1$/m);
    for (const secret of ['8675309', 'patient', 'confidential']) expect(metrics).not.toContain(secret);
  });

  it('is not ready, but healthy, when the log does not answer', async () => {
    const log = memoryLog();
    await using server = await TestServer.start({ log });
    await log.close();
    expect((await fetch(`${server.url}/ready`)).status).toBe(503);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it.each(['/docs', '/openapi.json', '/asyncapi.json'])('serves %s', async (path) => {
    await using server = await TestServer.start();
    const response = await fetch(`${server.url}${path}`);
    expect(response.status).toBe(200);
    if (path.endsWith('.json'))
      expect(await response.json()).toHaveProperty(path === '/openapi.json' ? 'openapi' : 'asyncapi');
  });
});
