import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAccess } from '../../src/auth/access.ts';
import { type HttpAuthorizeOptions, httpAuthorize } from '../../src/auth/http-authorize.ts';
import type { Principal } from '../../src/auth/principal.ts';
import { systemClock } from '../../src/clock.ts';
import { recordingLogger } from '../support/recording-logger.ts';

interface Question {
  readonly method: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

let backend: Server;
let url: string;
let questions: Question[];
let answer: RequestListener;

beforeEach(async () => {
  questions = [];
  answer = (_, response) => response.end('{"allow":true}');
  backend = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, headers } = request;
    questions.push({ method, headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
    answer(request, response);
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}/may`;
});
afterEach(() => {
  backend.closeAllConnections();
  return new Promise((resolve) => backend.close(resolve));
});

const user = (userId: string): Principal => ({ userId, expiresAt: 9e12, scopes: new Set(), claims: {} });
const anna = user('anna');
const create = (options: Partial<HttpAuthorizeOptions> = {}) => httpAuthorize({ url, ...options });

describe('httpAuthorize', () => {
  it('asks the backend with user, action and diagnosis', async () => {
    await create({ headers: { Authorization: 'Bearer of this server' } })(anna, 'publish', 123);
    expect(questions).toMatchObject([
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: 'Bearer of this server' },
        body: { user_id: 'anna', action: 'publish', diagnosis_id: 123 },
      },
    ]);
  });

  it.each<[string, number, string]>([
    ['allow', 200, '{"allow":true}'],
    ['deny', 200, '{"allow":false}'],
    ['deny', 403, '{"allow":true}'],
    ['not_found', 404, ''],
  ])('decides %s for %i %s', async (decision, status, body) => {
    answer = (_, response) => response.writeHead(status).end(body);
    expect(await create()(anna, 'subscribe', 123)).toBe(decision);
  });

  it.each<[string, RequestListener]>([
    ['answers 500', (_, response) => response.writeHead(500).end('{"allow":true}')],
    ['answers 201', (_, response) => response.writeHead(201).end('{"allow":true}')],
    ['answers 401', (_, response) => response.writeHead(401).end('{"allow":true}')],
    ['answers no JSON', (_, response) => response.end('<!doctype html>')],
    ['answers a text', (_, response) => response.end('{"allow":"true"}')],
    ['answers a number', (_, response) => response.end('{"allow":1}')],
    ['answers another field', (_, response) => response.end('{"allowed":true}')],
    ['answers null', (_, response) => response.end('null')],
    ['answers a list', (_, response) => response.end('[true]')],
    ['cuts the connection', (_, response) => response.destroy()],
    ['redirects', (_, response) => response.writeHead(307, { location: '/elsewhere' }).end()],
    ['does not answer', () => {}],
  ])('lets nobody in for now when the backend %s', async (_, listener) => {
    answer = listener;
    const logger = recordingLogger();
    const access = createAccess(create({ timeoutMs: 200 }), { timeoutMs: 5_000, clock: systemClock, logger });
    await expect(access.check(anna, 'subscribe', 123)).rejects.toMatchObject({
      code: 'unavailable',
      temporary: true,
    });
    expect(logger.lines).toMatchObject([{ level: 'warn' }]);
    expect(questions).toHaveLength(1);
  });

  it('names the status of a failed answer in the log', async () => {
    answer = (_, response) => response.writeHead(502).end();
    const logger = recordingLogger();
    const access = createAccess(create(), { timeoutMs: 5_000, clock: systemClock, logger });
    await expect(access.check(anna, 'subscribe', 123)).rejects.toThrow();
    expect(logger.lines[0]?.fields).toMatchObject({ error: 'BackendError', code: 'HTTP_502' });
  });
});

describe('the answers of httpAuthorize', () => {
  it('count for a while, for the same user, action and diagnosis', async () => {
    const authorize = create();
    for (let i = 0; i < 3; i++) await authorize(anna, 'subscribe', 123);
    await Promise.all([authorize(anna, 'subscribe', 123), authorize(anna, 'subscribe', 123)]);
    expect(questions).toHaveLength(1);
    await authorize(anna, 'publish', 123);
    await authorize(anna, 'subscribe', 124);
    await authorize(user('bert'), 'subscribe', 123);
    expect(questions).toHaveLength(4);
  });

  it('are not mixed up between users whose names look like parts of a question', async () => {
    answer = (_, response) => response.end('{"allow":false}');
    const authorize = create();
    await authorize(user('1anna'), 'subscribe', 23);
    await authorize(user('anna'), 'subscribe', 231);
    await authorize(user('1:anna'), 'subscribe', 23);
    await authorize(user('__proto__'), 'subscribe', 1);
    expect(questions).toHaveLength(4);
  });

  it('are asked for every time with cacheMs 0', async () => {
    const authorize = create({ cacheMs: 0 });
    for (let i = 0; i < 3; i++) await authorize(anna, 'subscribe', 123);
    expect(questions).toHaveLength(3);
  });

  it('are asked for again after cacheMs', async () => {
    const authorize = create({ cacheMs: 30 });
    await authorize(anna, 'subscribe', 123);
    answer = (_, response) => response.end('{"allow":false}');
    await expect.poll(() => authorize(anna, 'subscribe', 123)).toBe('deny');
  });

  it('are asked for again after a failure', async () => {
    const authorize = create();
    answer = (_, response) => response.writeHead(500).end();
    await expect(authorize(anna, 'subscribe', 123)).rejects.toThrow();
    answer = (_, response) => response.end('{"allow":true}');
    expect(await authorize(anna, 'subscribe', 123)).toBe('allow');
  });
});

describe('the options of httpAuthorize', () => {
  it.each<[string, object]>([
    ['url', { url: 'not an address' }],
    ['url', { url: 'ftp://host/may' }],
    ['cacheMs', { cacheMs: -1 }],
    ['cacheMs', { cacheMs: Number.NaN }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['timeoutMs', { timeoutMs: Number.POSITIVE_INFINITY }],
    ['cache', { cache: 1 }],
  ])('name %s as wrong in %j', (option, options) => {
    expect(() => httpAuthorize({ url: 'http://localhost/may', ...options })).toThrow(
      expect.objectContaining({ name: 'OptionError', option }),
    );
  });
});
