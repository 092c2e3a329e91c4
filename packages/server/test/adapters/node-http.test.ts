import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { serve } from '@hono/node-server';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { afterEach, describe, expect, it } from 'vitest';
import { attachHttp, createStandaloneServer } from '../../src/adapters/node-http.ts';
import { ANNA, FEEDBACK, httpBench } from '../http/support.ts';

const PATH = '/ws/broadcast-feedback-update';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An application's server, and what it does with a body that it was sent. */
interface Host {
  readonly server: Server;
  readonly url: string;
}

async function listening(server: Server): Promise<Host> {
  if (!server.listening) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Each answers `GET /own` with `own`, echoes the JSON of `POST /own`, and has a catch-all of its own for the rest. */
const hosts: Record<string, () => Promise<Host>> = {
  'node:http': () =>
    listening(
      createServer(async (request, response) => {
        if (request.url !== '/own') return response.writeHead(404).end('none of ours');
        return response.end(request.method === 'POST' ? await bodyOf(request) : 'own');
      }),
    ),
  'Express 5, with a body parser for everything': () => {
    const app = express();
    app.use(express.json());
    app.get('/own', (_, response) => void response.send('own'));
    app.post('/own', (request, response) => void response.json(request.body));
    app.use((_, response) => void response.status(404).send('none of ours'));
    return listening(createServer(app));
  },
  'Fastify 5': async () => {
    const app = Fastify();
    app.get('/own', async () => 'own');
    app.post('/own', async (request) => request.body);
    app.setNotFoundHandler((_, reply) => void reply.code(404).send('none of ours'));
    await app.listen({ port: 0, host: '127.0.0.1' });
    closing.push(() => {
      app.server.closeAllConnections();
      return app.close();
    });
    return { server: app.server, url: app.listeningOrigin };
  },
  Hono: () => {
    const app = new Hono();
    app.get('/own', (context) => context.text('own'));
    app.post('/own', async (context) => context.json(await context.req.json()));
    app.notFound((context) => context.text('none of ours', 404));
    return listening(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server);
  },
};

const sent = {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: `Bearer ${ANNA}` },
};

describe.each(Object.entries(hosts))('attachHttp beside %s', (_, start) => {
  async function attached(basePath = '') {
    const bench = httpBench();
    const { server, url } = await start();
    const detach = attachHttp(server, bench.app, { basePath });
    return { ...bench, server, url, detach };
  }
  const text = async (url: string, init?: RequestInit) => {
    const response = await fetch(url, init);
    return `${response.status} ${await response.text()}`;
  };

  it('leaves the application its own routes, with their bodies', async () => {
    const { url } = await attached();
    expect(await text(`${url}/own`)).toBe('200 own');
    expect(await text(`${url}/own`, { ...sent, body: '{"own":[1,2]}' })).toBe('200 {"own":[1,2]}');
    expect(await text(`${url}/neither`)).toBe('404 none of ours');
  });

  it('answers ours', async () => {
    const { url } = await attached();
    expect(await text(`${url}/health`)).toBe('200 {"status":"ok"}');
    expect(await text(`${url}/ws/status?x=1`)).toMatch(/^200 {"total_diagnoses":1/);
    expect((await fetch(`${url}/docs`)).headers.get('content-type')).toMatch(/^text\/html/);
  });

  it('receives whole bodies', async () => {
    const { url, published } = await attached();
    const comment = 'ä'.repeat(30_000);
    const response = await fetch(`${url}${PATH}`, {
      ...sent,
      body: JSON.stringify({ ...FEEDBACK, comment }),
    });
    expect(response.status).toBe(200);
    expect(published).toMatchObject([{ diagnosisId: 123, body: { comment } }]);
  });

  it('refuses a body that is too big, and the answer arrives', async () => {
    const { url, published } = await attached();
    const body = JSON.stringify({ ...FEEDBACK, comment: 'x'.repeat(2_000_000) });
    expect((await fetch(`${url}${PATH}`, { ...sent, body })).status).toBe(413);
    const chunked = new Blob([body]).stream();
    const init = { ...sent, body: chunked, duplex: 'half' };
    expect((await fetch(`${url}${PATH}`, init as RequestInit)).status).toBe(413);
    expect(published).toEqual([]);
  });

  it('works behind a base path, and only there', async () => {
    const { url } = await attached('/live/v1');
    expect(await text(`${url}/live/v1/health`)).toBe('200 {"status":"ok"}');
    expect((await fetch(`${url}/live/v1${PATH}`, { ...sent, body: JSON.stringify(FEEDBACK) })).status).toBe(
      200,
    );
    expect(await text(`${url}/health`)).toBe('404 none of ours');
    expect(await text(`${url}/live/v10/health`)).toBe('404 none of ours');
    expect(await text(`${url}/live/v1`)).toBe('404 none of ours');
    expect(await text(`${url}/own`)).toBe('200 own');
  });

  it('lets the page find its files from the redirect on, behind a base path', async () => {
    const { url } = await attached('/live');
    const response = await fetch(`${url}/live/docs/`);
    expect(response.url).toBe(`${url}/live/docs`);
    expect(response.status).toBe(200);
  });

  it('gives everything back when it is detached', async () => {
    const { url, detach } = await attached();
    detach();
    expect(await text(`${url}/health`)).toBe('404 none of ours');
    expect(await text(`${url}/own`)).toBe('200 own');
  });
});

describe('attachHttp', () => {
  const answers = async (server: Server, url: string, path: string) => {
    expect(server.listening).toBe(true);
    return (await fetch(`${url}${path}`)).text();
  };

  it('hides our requests also from listeners that the application adds later', async () => {
    const { server, url } = await listening(createServer());
    attachHttp(server, httpBench().app, { basePath: '' });
    const seen: (string | undefined)[] = [];
    server.on('request', (request, response) => {
      seen.push(request.url);
      response.end('late');
    });
    expect(await answers(server, url, '/health')).toBe('{"status":"ok"}');
    expect(await answers(server, url, '/other')).toBe('late');
    expect(seen).toEqual(['/other']);
  });

  it('serves two servers with different base paths, detached in any order', async () => {
    const { server, url } = await listening(createServer((_, response) => response.end('host')));
    const app = (name: string) => ({ fetch: async () => new Response(name), publishing: new Map() });
    const detachA = attachHttp(server, app('a'), { basePath: '/a' });
    const detachB = attachHttp(server, app('b'), { basePath: '/b' });
    const all = () => Promise.all(['/a/health', '/b/health'].map((path) => answers(server, url, path)));
    expect(await all()).toEqual(['a', 'b']);
    detachA();
    expect(await all()).toEqual(['host', 'b']);
    detachB();
    expect(await all()).toEqual(['host', 'host']);
  });

  it('takes nothing that only looks like ours', async () => {
    const { server, url } = await listening(createServer((_, response) => response.end('host')));
    attachHttp(server, httpBench().app, { basePath: '' });
    for (const path of [
      '/wsx',
      '/healthy',
      '/health/x',
      '/docsearch',
      '/openapi.json/x',
      '/metricsx',
      '//health',
    ]) {
      expect([path, await answers(server, url, path)]).toEqual([path, 'host']);
    }
  });

  it('answers a peer that waits to be told to send its body', async () => {
    const { server, url } = await listening(createServer());
    server.on('checkContinue', () => {}); // the application never answers this itself
    const { app, published } = httpBench();
    attachHttp(server, app, { basePath: '' });
    const request = httpRequest(`${url}${PATH}`, {
      ...sent,
      headers: { ...sent.headers, expect: '100-continue' },
    });
    request.flushHeaders();
    await once(request, 'continue');
    request.end(JSON.stringify(FEEDBACK));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    expect(published).toHaveLength(1);
  });

  it('answers HTTP/1.0 without a host', async () => {
    const { server } = await listening(createServer());
    attachHttp(server, httpBench().app, { basePath: '' });
    expect(await raw(server, 'GET /health HTTP/1.0\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 200 OK[\s\S]*{"status":"ok"}$/,
    );
  });

  it.each([
    'GET /ws/%ff HTTP/1.1',
    'GET /docs/%2e%2e%2f%2e%2e%2fetc%2fpasswd HTTP/1.1',
    'GET /ws/\\..\\x HTTP/1.1',
  ])('survives %s', async (line) => {
    const { server, url } = await listening(createServer());
    attachHttp(server, httpBench().app, { basePath: '' });
    const answer = await raw(server, `${line}\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 (400|404) /);
    expect(answer).not.toContain('root:');
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});

describe('a standalone server', () => {
  it('answers every path', async () => {
    const { url } = await listening(createStandaloneServer(httpBench().app));
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const response = await fetch(`${url}/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({ error: 'not_found', message: 'no such path' });
  });

  it('gives a peer 10 seconds for the headers and 15 for the whole request', () => {
    const server = createStandaloneServer(httpBench().app);
    expect(server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 15_000, maxHeadersCount: 100 });
  });

  it('refuses headers of 20 kB', async () => {
    const { server } = await listening(createStandaloneServer(httpBench().app));
    const answer = await raw(server, `GET /health HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('refuses a request with two lengths', async () => {
    const { server } = await listening(createStandaloneServer(httpBench().app));
    const head = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expect(await raw(server, `${head}0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('outlives a peer that hangs up in the middle of a body', async () => {
    const { logger, app } = httpBench();
    const { server, url } = await listening(createStandaloneServer(app));
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const head = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ANNA}\r\nContent-Length: 400\r\n\r\n{"a`;
    await new Promise<void>((resolve) => socket.write(head, () => resolve()));
    await once(server, 'request');
    socket.destroy();
    await expect
      .poll(() => logger.lines.map(({ fields }) => fields['reason']))
      .toEqual(['the body ended early']);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });
});

/** Everything that a server answers to these bytes, until it closes the connection. */
async function raw(server: Server, bytes: string): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  closing.push(() => socket.destroy());
  socket.write(bytes);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
