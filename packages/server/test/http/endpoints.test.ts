import { describe, expect, it } from 'vitest';
import { ANNA, BACKEND, EXPIRED, httpBench } from './support.ts';

const READABLE = ['/ws/status', '/health', '/ready', '/metrics', '/docs', '/openapi.json', '/asyncapi.json'];
const WRITABLE = ['recommendation', 'effectiveness', 'feedback'].map(
  (name) => `/ws/broadcast-${name}-update`,
);

describe('GET /ws/status', () => {
  const counts = { total_diagnoses: 1, total_connections: 2 };

  it.each([
    ['without a token', undefined],
    ['with a token of one user', ANNA],
  ])('tells counts %s, and no diagnosis', async (_, token) => {
    const response = await httpBench().get('/ws/status', token);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      ...counts,
      connections_by_diagnosis: {},
      queued_messages_by_diagnosis: {},
    });
  });

  it('tells everything with the scope broadcast', async () => {
    const response = await httpBench().get('/ws/status', BACKEND);
    expect(await response.json()).toEqual({
      ...counts,
      connections_by_diagnosis: { 123: 2 },
      queued_messages_by_diagnosis: { 124: 5 },
    });
    expect(response.headers.get('Cache-Control')).toBe('no-store');
  });

  it('does not mind what a proxy in front of it has asked for', async () => {
    const headers = { authorization: 'Basic b3BzOnNlY3JldA==' };
    const response = await httpBench().fetch(new Request('http://host/ws/status', { headers }));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ ...counts, connections_by_diagnosis: {} });
  });

  it('refuses a token that proves nothing, so that nobody takes the empty maps for the truth', async () => {
    expect((await httpBench().get('/ws/status', EXPIRED)).status).toBe(401);
  });
});

describe('GET /health', () => {
  it('says that the process answers, and nothing else', async () => {
    const response = await httpBench({ ready: async () => false }).get('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });
});

describe('GET /ready', () => {
  it('says that the server can do its work', async () => {
    const response = await httpBench().get('/ready');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it.each<[string, () => Promise<boolean>]>([
    ['is not ready', async () => false],
    ['cannot find out', () => Promise.reject(new Error('/var/lib/secret.db is gone'))],
  ])('is 503 when the server %s, without details', async (_, ready) => {
    const response = await httpBench({ ready }).get('/ready');
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('1');
    expect(await response.json()).toEqual({ error: 'unavailable', message: 'not ready' });
  });
});

describe('GET /metrics', () => {
  it('passes on the text and its type', async () => {
    const response = await httpBench().get('/metrics');
    expect(response.headers.get('Content-Type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('vitalwire_connections 2\n');
  });
});

describe('the documents', () => {
  it.each([
    ['/openapi.json', 'openapi', '3.1.'],
    ['/asyncapi.json', 'asyncapi', '3.'],
  ])('are served at %s', async (path, field, version) => {
    const response = await httpBench().get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('application/json');
    const document = (await response.json()) as Record<string, string>;
    expect(document[field]).toMatch(new RegExp(`^${version.replaceAll('.', '\\.')}`));
  });

  it('describe the endpoints that there are', async () => {
    const { get, fetch } = httpBench();
    const { paths } = (await (await get('/openapi.json')).json()) as { paths: Record<string, object> };
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([...WRITABLE, '/ws/status', '/health', '/ready']),
    );
    const missing: string[] = [];
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations)) {
        const response = await fetch(new Request(`http://host${path}`, { method: method.toUpperCase() }));
        const refused = response.status === 405 || (response.status === 404 && !path.startsWith('/ws'));
        if (refused || (await response.text()).includes('no such path')) missing.push(`${method} ${path}`);
      }
    }
    expect(missing).toEqual([]);
  });
});

describe('another method', () => {
  it.each(READABLE)('than GET is refused at %s', async (path) => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const response = await httpBench().fetch(new Request(`http://host${path}`, { method }));
      expect(response.status).toBe(405);
      expect(response.headers.get('Allow')).toBe('GET, HEAD');
      expect(await response.json()).toEqual({ error: 'method_not_allowed', message: 'use GET, HEAD' });
    }
  });

  it.each(WRITABLE)('than POST is refused at %s', async (path) => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await httpBench().fetch(new Request(`http://host${path}`, { method }));
      expect(response.status).toBe(405);
      expect(response.headers.get('Allow')).toBe('POST');
    }
  });

  it.each(READABLE)('than GET may be HEAD at %s', async (path) => {
    const response = await httpBench().fetch(new Request(`http://host${path}`, { method: 'HEAD' }));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });
});

describe('another path', () => {
  it.each([
    '/',
    '/nothing',
    '/ws/broadcast-pong',
    '/ws/broadcast-nothing',
    '/health/',
    '/docs/secret',
    '/docs/../etc',
  ])('is answered with 404: %s', async (path) => {
    const { post } = httpBench();
    const response = await post(path, {});
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: 'not_found' });
  });

  it.each(['/ws', '/ws/123'])('says that %s speaks WebSocket', async (path) => {
    const response = await httpBench().get(path);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: 'not_found',
      message: 'this is a WebSocket endpoint: connect with ws: or wss:',
    });
  });
});

describe('every answer', () => {
  it.each([...READABLE, ...WRITABLE, '/nothing'])('is what it says it is: %s', async (path) => {
    const response = await httpBench().get(path);
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
  });
});
