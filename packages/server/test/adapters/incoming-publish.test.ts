import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createStandaloneServer } from '../../src/adapters/node-http.ts';
import { ANNA, EXPIRED, FEEDBACK, httpBench } from '../http/support.ts';

const PATH = '/ws/broadcast-feedback-update';
const AUTHORIZATION = `Authorization: Bearer ${ANNA}`;
const JSON_TYPE = 'Content-Type: application/json';
const BODY = JSON.stringify(FEEDBACK);

const BATCH = JSON.stringify({
  messages: Array.from({ length: 1_000 }, (_, i) => ({
    ...FEEDBACK,
    type: 'feedback_update',
    rating: i % 7,
  })),
}).padEnd(300_000);

interface RawRequest {
  readonly line?: string;
  /** Instead of those of a request that is accepted. */
  readonly headers?: readonly string[];
  /** In pieces that are sent one after the other. */
  readonly body?: readonly (string | Uint8Array)[];
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server, and how many of its requests became a `Request`. */
async function start({ shortWay }: { shortWay: boolean }) {
  const bench = httpBench();
  const taken = { byFetch: 0 };
  const server = createStandaloneServer({
    fetch(request) {
      taken.byFetch++;
      return bench.fetch(request);
    },
    publishing: shortWay ? bench.app.publishing : new Map(),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { ...bench, server, taken };
}

/** Sends a request, and another one that ends the connection, unless the first does: an answer must not disturb the next. */
async function send(server: Server, { line, headers, body = [BODY] }: RawRequest): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay(true);
  closing.push(() => socket.destroy());
  const pieces = body.map((piece) => Buffer.from(piece));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const head = [
    line ?? `POST ${PATH} HTTP/1.1`,
    ...(headers ?? ['Host: localhost:8000', AUTHORIZATION, JSON_TYPE, 'Content-Length: {length}']),
  ];
  const [first = Buffer.alloc(0), ...others] = pieces;
  const start = Buffer.from(`${head.join('\r\n').replace('{length}', String(length))}\r\n\r\n`);
  socket.write(Buffer.concat([start, first]));
  for (const piece of others) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    socket.write(piece);
  }
  if (!line?.endsWith('/1.0')) socket.write('GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  let answers = '';
  for await (const chunk of socket) answers += String(chunk);
  return answers;
}

/** The first of the answers, with what is the same in every order and at every time. */
function partsOf(answers: string) {
  const end = answers.indexOf('\r\n\r\n');
  const [status, ...lines] = answers.slice(0, end).split('\r\n');
  const headers = lines.map((line) => line.replace(/^[^:]*/, (name) => name.toLowerCase()));
  return {
    status,
    headers: headers.filter((header) => !header.startsWith('date:')).sort(),
    rest: answers.slice(end + 4).replace(/^Date: .*\r\n/gim, ''),
  };
}

const host = 'Host: localhost:8000';
const length = 'Content-Length: {length}';
const chunked = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

const plain: [string, RawRequest][] = [
  ['a publication', {}],
  ['one with an unknown field', { body: [JSON.stringify({ ...FEEDBACK, colour: 'green' })] }],
  ['one in the smallest pieces', { body: [BODY.slice(0, 1), BODY.slice(1, 20), BODY.slice(20)] }],
  ['one of 64 KiB', { body: [BODY.padEnd(65_536)] }],
  ['one behind a byte order mark', { body: [`\ufeff${BODY}`] }],
  ['an idempotency key', { headers: [host, AUTHORIZATION, JSON_TYPE, length, 'Idempotency-Key: a1'] }],
  ['an empty idempotency key', { headers: [host, AUTHORIZATION, JSON_TYPE, length, 'Idempotency-Key:'] }],
  [
    'names in other letters',
    { headers: ['HOST: x', AUTHORIZATION.toUpperCase(), 'content-length: {length}'] },
  ],
  ['headers in small letters', { headers: [host, AUTHORIZATION.replace('A', 'a'), length] }],
  ['no token', { headers: [host, JSON_TYPE, length] }],
  ['an expired token', { headers: [host, `Authorization: Bearer ${EXPIRED}`, JSON_TYPE, length] }],
  ['another type', { headers: [host, AUTHORIZATION, 'Content-Type: text/plain', length] }],
  ['an empty type', { headers: [host, AUTHORIZATION, 'Content-Type:', length] }],
  ['a packed body', { headers: [host, AUTHORIZATION, JSON_TYPE, 'Content-Encoding: gzip', length] }],
  ['nothing', { body: [] }],
  ['no JSON', { body: ['{'] }],
  ['no UTF-8', { body: [Buffer.from(BODY.replace('4', '\xff'), 'latin1')] }],
  ['8,000 nested arrays', { body: ['['.repeat(8_000) + ']'.repeat(8_000)] }],
  ['an invalid body', { body: [JSON.stringify({ ...FEEDBACK, rating: 6 })] }],
  ['a batch of 300 kB', { line: 'POST /ws/broadcast-batch HTTP/1.1', body: [BATCH] }],
  ['the diagnosis of somebody else', { body: [JSON.stringify({ ...FEEDBACK, diagnosis_id: 124 })] }],
];

const special: [string, RawRequest][] = [
  ['a query', { line: `POST ${PATH}?x=1 HTTP/1.1` }],
  ['a whole address', { line: `POST http://localhost:8000${PATH} HTTP/1.1` }],
  ['HTTP/1.0 without a host', { line: `POST ${PATH} HTTP/1.0`, headers: [AUTHORIZATION, JSON_TYPE, length] }],
  ['a host that is none', { headers: ['Host: a b', AUTHORIZATION, JSON_TYPE, length] }],
  ['two tokens', { headers: [host, AUTHORIZATION, AUTHORIZATION, JSON_TYPE, length] }],
  ['two types', { headers: [host, AUTHORIZATION, JSON_TYPE, JSON_TYPE, length] }],
  [
    'two idempotency keys',
    { headers: [host, AUTHORIZATION, length, 'Idempotency-Key: a', 'Idempotency-Key: b'] },
  ],
  [
    'a body of unknown length',
    { headers: [host, AUTHORIZATION, JSON_TYPE, 'Transfer-Encoding: chunked'], body: [chunked] },
  ],
  ['a body that is too big', { body: [BODY.padEnd(65_537)] }],
  ['a method that is not allowed', { line: `PUT ${PATH} HTTP/1.1` }],
  ['another path', { line: 'POST /ws/broadcast-nothing HTTP/1.1' }],
];

describe.each([
  ['without becoming a Request', plain, 1],
  ['as a Request', special, 0],
])('what is answered %s', (_, requests, spared) => {
  it.each(requests)('is the same either way: %s', async (_, request) => {
    const short = await start({ shortWay: true });
    const long = await start({ shortWay: false });
    const answers = partsOf(await send(short.server, request));
    expect(answers).toEqual(partsOf(await send(long.server, request)));
    expect(answers.status).toMatch(/^HTTP\/1\.1 \d+ /);
    expect(short.published).toEqual(long.published);
    expect(short.logger.lines).toEqual(long.logger.lines);
    expect(long.taken.byFetch - short.taken.byFetch).toBe(spared);
  });
});

describe('a peer that goes away', () => {
  it('in the middle of a body publishes nothing', async () => {
    const { server, logger, published, taken } = await start({ shortWay: true });
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(
      [`POST ${PATH} HTTP/1.1`, host, AUTHORIZATION, 'Content-Length: 400', '', '{"a'].join('\r\n'),
    );
    await once(server, 'request');
    socket.destroy();
    const reasons = () => logger.lines.map(({ fields }) => fields['reason']);
    await expect.poll(reasons).toEqual(['the body ended early']);
    expect([published, taken.byFetch]).toEqual([[], 0]);
  });
});
