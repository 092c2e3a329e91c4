import { SECRET, tokenOf, unsignedToken, until } from '@vitalwire/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bystander, CONFIDENTIAL, leaked } from '../../support/bystander.ts';
import { publish } from '../../support/http.ts';
import { feedback, numbersOf } from '../../support/publications.ts';
import { type Closing, RawClient } from '../../support/raw-client.ts';
import { maskedFrame } from '../../support/raw-socket.ts';
import { TestServer } from '../../support/test-server.ts';

// One server takes everything that follows, while a bystander is served.

const NOISE = 'something that must not be logged';

let server: TestServer;
let bystander: Bystander;
const tokens: string[] = [];

beforeAll(async () => {
  server = await TestServer.start();
  bystander = await Bystander.start(server.url, (diagnosisId, body) =>
    server.broadcast.feedbackUpdate(diagnosisId, body),
  );
});

afterAll(async () => {
  await bystander[Symbol.asyncDispose]();
  await server.close();
});

afterEach(async () => {
  await bystander.check();
  expect(await (await fetch(`${server.url}/health`)).json()).toEqual({ status: 'ok' });
  expect(server.logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
  const log = server.logger.text;
  for (const secret of [...tokens, NOISE, CONFIDENTIAL, SECRET]) expect(log).not.toContain(secret);
  server.logger.lines.length = 0;
});

async function remember(token: Promise<string> | string): Promise<string> {
  const text = await token;
  tokens.push(text);
  return text;
}

/** Connects as the owner of diagnosis 1 and subscribes to it. */
async function attacker(): Promise<RawClient> {
  const client = await RawClient.authenticated(
    server.url,
    await remember(tokenOf({ sub: 'attacker', diagnoses: [1] })),
  );
  await client.subscribe(1, 'latest');
  return client;
}

/** Waits until the log says it. */
async function logged(message: string, fields: Record<string, unknown>): Promise<void> {
  const said = () => server.logger.find(message, fields) !== undefined;
  await until(said, () => `not logged: ${message} ${JSON.stringify(fields)}\n${server.logger.text}`);
}

/** The client's own subscription still works, and nothing else came. */
async function goesOn(client: RawClient): Promise<void> {
  const { offset } = await server.broadcast.feedbackUpdate(1, feedback(offsetOfLast()));
  await client.next((frame) => frame['offset'] === offset);
  await client.settled();
  expect(leaked(client.frames)).toBe(false);
}
let published = 0;
const offsetOfLast = () => ++published;

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const subscribe = (fields: string) => `{"type":"subscribe",${fields},"note":"${NOISE}"}`;

describe('a command that is refused', () => {
  it.each([
    { input: 'an unknown type', text: `{"type":"${NOISE}"}`, code: 'unknown_command' },
    { input: 'no type', text: '{}', code: 'unknown_command' },
    { input: 'a missing field', text: '{"type":"subscribe"}', code: 'invalid_command' },
    { input: 'diagnosis 0', text: subscribe('"diagnosis_id":0'), code: 'invalid_command' },
    { input: 'diagnosis -1', text: subscribe('"diagnosis_id":-1'), code: 'invalid_command' },
    { input: 'diagnosis 1.5', text: subscribe('"diagnosis_id":1.5'), code: 'invalid_command' },
    { input: 'diagnosis "abc"', text: subscribe('"diagnosis_id":"abc"'), code: 'invalid_command' },
    { input: 'diagnosis "999"', text: subscribe('"diagnosis_id":"999"'), code: 'invalid_command' },
    { input: 'diagnosis [999]', text: subscribe('"diagnosis_id":[999]'), code: 'invalid_command' },
    { input: 'diagnosis 2^53', text: subscribe('"diagnosis_id":9007199254740992'), code: 'invalid_command' },
    { input: 'diagnosis 1e400', text: subscribe('"diagnosis_id":1e400'), code: 'invalid_command' },
    {
      input: '__proto__ as a field',
      text: '{"__proto__":{"type":"subscribe","diagnosis_id":999}}',
      code: 'unknown_command',
    },
    {
      input: '__proto__ as the type',
      text: '{"type":"__proto__","diagnosis_id":999}',
      code: 'unknown_command',
    },
    { input: '__proto__ as an id', text: subscribe('"diagnosis_id":"__proto__"'), code: 'invalid_command' },
    {
      input: 'constructor as an id',
      text: subscribe('"diagnosis_id":"constructor"'),
      code: 'invalid_command',
    },
    { input: 'a malformed after', text: subscribe('"diagnosis_id":2,"after":"1"'), code: 'invalid_command' },
    {
      input: 'an after of __proto__',
      text: subscribe('"diagnosis_id":2,"after":"__proto__:-1"'),
      code: 'invalid_command',
    },
    {
      input: 'an after of another type',
      text: subscribe('"diagnosis_id":2,"after":{"epoch":"x","offset":0}'),
      code: 'invalid_command',
    },
    { input: 'someone else’s diagnosis', text: subscribe('"diagnosis_id":999'), code: 'access_denied' },
    {
      input: 'a diagnosis that nobody knows',
      text: subscribe('"diagnosis_id":5,"after":"earliest"'),
      code: 'access_denied',
    },
    {
      input: 'a position learnt from somebody else',
      text: subscribe('"diagnosis_id":999,"after":"x:1"'),
      code: 'access_denied',
    },
    {
      input: 'a token that is no text',
      text: `{"type":"authenticate","token":{"${NOISE}":1}}`,
      code: 'invalid_command',
    },
    {
      input: 'a log line in an id',
      text: '{"type":"ping","id":"\\n[ERROR] fake \\u001b[31m"}',
      code: undefined,
    },
  ])('$input', async ({ text, code }) => {
    await using client = await attacker();
    client.sendText(text);
    if (code === undefined) await client.next('pong');
    else {
      expect(await client.next('error')).toMatchObject({ code });
      await logged('command refused', { code, user_id: 'attacker' });
    }
    await goesOn(client);
  });
});

describe('a frame that ends the connection', () => {
  const big = 'x'.repeat(65_536);
  const cases: {
    input: string;
    send: (client: RawClient) => void;
    closing: Closing;
    cause: string | undefined;
  }[] = [
    {
      input: 'not JSON',
      send: (client) => client.sendText(NOISE),
      closing: { code: 1003, reason: 'not_json' },
      cause: undefined,
    },
    {
      input: '8,000 nested arrays',
      send: (client) => client.sendText(`{"type":"ping","id":${nested(8_000)}}`),
      closing: { code: 1003, reason: 'not_json' },
      cause: undefined,
    },
    {
      input: '8,000 nested arrays alone',
      send: (client) => client.sendText(nested(8_000)),
      closing: { code: 1003, reason: 'not_json' },
      cause: undefined,
    },
    {
      input: 'a binary frame',
      send: (client) => client.sendBinary(Buffer.from(`{"type":"ping","id":"${NOISE}"}`)),
      closing: { code: 1003, reason: 'not_json' },
      cause: undefined,
    },
    {
      input: 'a frame over 64 KiB',
      send: (client) => client.sendText(`{"type":"ping","note":"${big}"}`),
      closing: { code: 1009, reason: '' },
      cause: 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    },
    {
      input: 'a text that is not UTF-8',
      send: (client) => client.socket.write(maskedFrame(0x81, Buffer.of(0xc3, 0x28))),
      closing: { code: 1007, reason: '' },
      cause: 'WS_ERR_INVALID_UTF8',
    },
    {
      input: '16,000 fragments of one byte',
      send: (client) => {
        const middle = maskedFrame(0x00, ' ');
        client.socket.write(Buffer.concat([maskedFrame(0x01, '{'), ...Array(16_000).fill(middle)]));
      },
      closing: { code: 1008, reason: '' },
      cause: 'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    },
    {
      input: 'a frame that is not masked',
      send: (client) => client.socket.write(Buffer.of(0x81, 0x01, 0x78)),
      closing: { code: 1002, reason: '' },
      cause: 'WS_ERR_EXPECTED_MASK',
    },
    {
      input: 'a control frame of 126 bytes',
      send: (client) => client.socket.write(maskedFrame(0x89, Buffer.alloc(126))),
      closing: { code: 1002, reason: '' },
      cause: 'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    },
  ];

  it.each(cases)('$input', async ({ send, closing, cause }) => {
    await using client = await attacker();
    send(client);
    expect(await client.closed()).toEqual(closing);
    if (cause === undefined) await logged('connection ended', { ...closing, user_id: 'attacker' });
    else await logged('peer broke the protocol', { code: cause });
    expect(numbersOf(client.frames)).toEqual([]);
    expect(leaked(client.frames)).toBe(false);
  });

  it('a frame over 8 KiB before authentication', async () => {
    await using client = await RawClient.open(`${server.url}/ws`);
    client.sendText(`{"type":"ping","note":"${NOISE.repeat(300)}"}`);
    expect(await client.closed()).toEqual({ code: 1009, reason: 'message_too_big' });
    await logged('connection ended', { code: 1009, reason: 'message_too_big' });
  });
});

describe('a token that proves nothing', () => {
  const now = Math.floor(Date.now() / 1_000);
  const victim = { sub: 'bystander', diagnoses: [999], exp: now + 3_600 };
  const cases = [
    { input: 'alg none', token: async () => unsignedToken(victim), reason: 'invalid_token' },
    {
      input: 'a wrong signature',
      token: async () => `${(await tokenOf(victim)).split('.').slice(0, 2).join('.')}.${'A'.repeat(43)}`,
      reason: 'invalid_token',
    },
    {
      input: 'the payload of another token',
      token: async () => {
        const [header, , signature] = (await tokenOf({ diagnoses: [1] })).split('.');
        return [header, (await tokenOf(victim)).split('.')[1], signature].join('.');
      },
      reason: 'invalid_token',
    },
    {
      input: 'another secret',
      token: () => tokenOf({ ...victim, secret: 'y'.repeat(40) }),
      reason: 'invalid_token',
    },
    {
      input: 'another algorithm',
      token: () => tokenOf({ ...victim, algorithm: 'HS512' }),
      reason: 'invalid_token',
    },
    { input: '20 KB', token: async () => 'x'.repeat(20_000), reason: 'invalid_token' },
    { input: 'expired', token: () => tokenOf({ ...victim, expiresInSeconds: -60 }), reason: 'token_expired' },
  ];

  it.each(cases)('$input', async ({ input, token: make, reason }) => {
    const token = await remember(make());
    const closing = { code: reason === 'token_expired' ? 4401 : 1008, reason };
    await using plain = await RawClient.plain(server.url, 999, { token }).catch((error: unknown) => {
      // Node itself refuses so large an address.
      if (input !== '20 KB') throw error;
      return RawClient.plain(server.url, 999, { token: 'x' });
    });
    expect(await plain.closed()).toEqual(closing);
    await logged('connection ended', closing);
    if (input === '20 KB') return;
    await using client = await RawClient.authenticated(server.url, token);
    client.send({ type: 'subscribe', diagnosis_id: 999 });
    expect(await client.closed()).toEqual(closing);
    for (const { frames } of [plain, client]) expect(frames.map(({ type }) => type)).toEqual(['disconnect']);
  });
});

describe('a request to publish that is refused', () => {
  const valid = { diagnosis_id: 1, ...feedback(1), comment: NOISE };
  const cases = [
    { input: 'not JSON', body: NOISE, code: 'invalid_json', status: 400 },
    { input: '8,000 nested arrays', body: `{"more":${nested(8_000)}}`, code: 'invalid_json', status: 400 },
    { input: 'rating 6', body: { ...valid, rating: 6 }, code: 'invalid_body', status: 422 },
    { input: 'effectiveness 1.2', body: { ...valid, effectiveness: 1.2 }, code: 'invalid_body', status: 422 },
    {
      input: 'a missing field',
      body: { diagnosis_id: 1, rating: 5, comment: NOISE },
      code: 'invalid_body',
      status: 422,
    },
    {
      input: '__proto__ as the id',
      body: { ...valid, diagnosis_id: '__proto__' },
      code: 'invalid_body',
      status: 422,
    },
    {
      input: 'over 64 KiB',
      body: { ...valid, comment: NOISE.repeat(3_000) },
      code: 'body_too_big',
      status: 413,
    },
    {
      input: 'someone else’s diagnosis',
      body: { ...valid, diagnosis_id: 999 },
      code: 'access_denied',
      status: 403,
    },
  ];

  it.each(cases)('$input', async ({ body, code, status }) => {
    const token = await remember(tokenOf({ sub: 'attacker', diagnoses: [1] }));
    const response = await publish(server.url, 'feedback-update', body, { token });
    expect([response.status, await response.json()]).toMatchObject([status, { error: code }]);
    await logged('request refused', { code });
  });

  it.each([
    {
      input: 'an unsigned token',
      token: async () => unsignedToken({ sub: 'x', scope: 'broadcast', exp: 4e9 }),
    },
    { input: 'an expired token', token: () => tokenOf({ scope: 'broadcast', expiresInSeconds: -60 }) },
    { input: 'another secret', token: () => tokenOf({ scope: 'broadcast', secret: 'y'.repeat(40) }) },
  ])('$input', async ({ token }) => {
    const response = await publish(server.url, 'feedback-update', valid, { token: await remember(token()) });
    expect(response.status).toBe(401);
    await logged('request refused', { code: 'invalid_token' });
  });
});

describe('an address that names nothing of the attacker’s', () => {
  it.each([
    '0',
    '-1',
    '1.5',
    'abc',
    '9007199254740992',
    '__proto__',
    'constructor',
    '999%00',
    '..%2f999',
    '999;1',
    'x'.repeat(2_000),
  ])('the path /ws/%s', async (id) => {
    const token = await remember(tokenOf({ sub: 'attacker', diagnoses: [1] }));
    await using client = await RawClient.plain(server.url, id, { token });
    expect(await client.closed()).toEqual({ code: 1008, reason: 'diagnosis_not_found' });
    await logged('connection ended', { reason: 'diagnosis_not_found' });
    expect(leaked(client.frames)).toBe(false);
  });

  it('someone else’s diagnosis', async () => {
    const token = await remember(tokenOf({ sub: 'attacker', diagnoses: [1] }));
    await using client = await RawClient.plain(server.url, 999, { token, after: 'earliest' });
    expect(await client.closed()).toEqual({ code: 1008, reason: 'access_denied' });
    await logged('connection ended', { reason: 'access_denied', user_id: 'attacker' });
    expect(client.frames.map(({ type }) => type)).toEqual(['disconnect']);
  });

  it.each(['1', 'x', 'x:', 'x:-1', 'x:1.5', 'x:"1"', '__proto__:x', 'x:9999999999999999'])(
    'the malformed after %s',
    async (after) => {
      const token = await remember(tokenOf({ sub: 'attacker', diagnoses: [1] }));
      await using client = await RawClient.plain(server.url, 1, { token, after });
      expect(await client.closed()).toEqual({ code: 1008, reason: 'invalid_position' });
      await logged('connection ended', { reason: 'invalid_position' });
    },
  );
});
