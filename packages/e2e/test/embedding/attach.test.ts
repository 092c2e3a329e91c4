import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { createServer, type VitalwireServer } from '@vitalwire/server';
import { CapturedLogger, SECRET, tokenOf } from '@vitalwire/testing';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { publish } from '../../support/http.ts';
import { feedback, numbersOf } from '../../support/publications.ts';
import { HandshakeRefused, RawClient } from '../../support/raw-client.ts';

interface Host {
  readonly httpServer: Server;
  close(): Promise<unknown>;
}

/** Each host answers `GET /hello` with "hello" and `POST /echo` with the JSON that it got, and listens already. */
const hosts: Record<string, (attach: (httpServer: Server) => void) => Promise<Host>> = {
  'node:http': async (attach) => {
    const httpServer = createHttpServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (request.url === '/hello') response.end('hello');
      else if (request.url === '/echo') response.end(Buffer.concat(chunks));
      else response.writeHead(404).end('host: not found');
    });
    attach(httpServer);
    return listening(httpServer);
  },
  'Express 5': async (attach) => {
    const app = express();
    app.use(express.json()); // reads every body that it sees
    app.get('/hello', (_, response) => void response.send('hello'));
    app.post('/echo', (request, response) => void response.send(JSON.stringify(request.body)));
    app.use((_, response) => void response.status(404).send('host: not found'));
    const httpServer = createHttpServer(app);
    attach(httpServer);
    return listening(httpServer);
  },
  'Fastify 5': async (attach) => {
    const app = fastify();
    app.get('/hello', () => 'hello');
    app.post('/echo', (request) => JSON.stringify(request.body));
    app.setNotFoundHandler((_, reply) => reply.code(404).send('host: not found'));
    attach(app.server);
    await app.listen({ port: 0 });
    return { httpServer: app.server, close: () => app.close() };
  },
  Hono: async (attach) => {
    const app = new Hono();
    app.get('/hello', (context) => context.text('hello'));
    app.post('/echo', async (context) => context.text(JSON.stringify(await context.req.json())));
    app.notFound((context) => context.text('host: not found', 404));
    const httpServer = serve({ fetch: app.fetch, port: 0 }) as Server;
    attach(httpServer);
    if (!httpServer.listening) await once(httpServer, 'listening');
    return { httpServer, close: () => closeServer(httpServer) };
  },
};

async function listening(httpServer: Server): Promise<Host> {
  httpServer.listen(0);
  await once(httpServer, 'listening');
  return { httpServer, close: () => closeServer(httpServer) };
}

async function closeServer(httpServer: Server): Promise<void> {
  httpServer.close();
  httpServer.closeAllConnections();
  if (httpServer.listening) await once(httpServer, 'close');
}

async function startHost(name: string, attach: (httpServer: Server) => void) {
  const host = await hosts[name]?.(attach);
  if (!host) throw new Error(`no host ${name}`);
  const { port } = host.httpServer.address() as AddressInfo;
  return { ...host, url: `http://localhost:${port}` };
}

/** A host with Vitalwire attached. */
async function embed(name: string, basePath = '') {
  const logger = new CapturedLogger();
  const server: VitalwireServer = createServer({ auth: { secret: SECRET }, logger });
  const host = await startHost(name, (httpServer) => server.attach(httpServer, { basePath }));
  return {
    server,
    logger,
    root: host.url,
    url: host.url + basePath,
    async [Symbol.asyncDispose]() {
      await server.close();
      await host.close();
    },
  };
}

const expectHostWorks = async (root: string) => {
  expect(await (await fetch(`${root}/hello`)).text()).toBe('hello');
  const echo = await fetch(`${root}/echo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"a":[1]}',
  });
  expect(await echo.text()).toBe('{"a":[1]}');
};

describe.each(Object.keys(hosts))('attach beside %s', (name) => {
  it('leaves the host its routes', async () => {
    await using embedded = await embed(name);
    await expectHostWorks(embedded.root);
    for (const path of ['/nothing', '/wsx', '/healthy', '/docsify']) {
      const response = await fetch(`${embedded.root}${path}`);
      expect([response.status, await response.text()]).toEqual([404, 'host: not found']);
    }
  });

  it('publishes by HTTP and delivers by WebSocket', async () => {
    await using embedded = await embed(name);
    const { server, url } = embedded;
    await using client = await RawClient.authenticated(url, await tokenOf({ diagnoses: [1] }));
    await client.subscribe(1);
    await using plain = await RawClient.plain(url, 1, {
      token: await tokenOf({ sub: 'plain', diagnoses: [1] }),
    });
    await plain.connected(1);
    const response = await publish(url, 'feedback-update', { diagnosis_id: 1, ...feedback(1) });
    expect([response.status, await response.json()]).toMatchObject([200, { offset: 1, clients_notified: 2 }]);
    await server.broadcast.feedbackUpdate(1, feedback(2));
    for (const peer of [client, plain]) expect(numbersOf(await peer.publications(2))).toEqual([1, 2]);
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    expect((await publish(url, 'feedback-update', '{"diagnosis_id":')).status).toBe(400);
    await expectHostWorks(embedded.root);
  });

  it('stays behind its base path, and leaves the same paths without it to the host', async () => {
    await using embedded = await embed(name, '/realtime');
    const { root, url, server } = embedded;
    expect(await (await fetch(`${root}/health`)).text()).toBe('host: not found');
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    await using client = await RawClient.authenticated(url, await tokenOf({ diagnoses: [1] }));
    await client.subscribe(1);
    await publish(url, 'feedback-update', { diagnosis_id: 1, ...feedback(1) });
    await server.broadcast.feedbackUpdate(1, feedback(2));
    expect(numbersOf(await client.publications(2))).toEqual([1, 2]);
    await expect(RawClient.open(`${root}/ws`, { subprotocol: true })).rejects.toBeInstanceOf(
      HandshakeRefused,
    );
  });

  it.each(['before', 'after'])(
    'leaves the host a WebSocket server of its own that was there %s it',
    async (when) => {
      const server = createServer({ auth: { secret: SECRET } });
      const own = new WebSocketServer({ noServer: true });
      own.on('connection', (webSocket) => webSocket.on('message', (data) => webSocket.send(`host: ${data}`)));
      // As the documentation of ws advises for one path among others.
      const takeOwn = (httpServer: Server) =>
        httpServer.on('upgrade', (request, socket, head) => {
          if (request.url !== '/own') return;
          own.handleUpgrade(request, socket, head, (webSocket) => own.emit('connection', webSocket, request));
        });
      const host = await startHost(name, (httpServer) => {
        if (when === 'before') takeOwn(httpServer);
        server.attach(httpServer);
        if (when === 'after') takeOwn(httpServer);
      });
      await expectBothWork(server, host.url);
      own.close();
      await server.close();
      await host.close();
    },
  );

  it.each(['before', 'after'])(
    'works beside a WebSocketServer({ server, path }), which refuses every other path, there %s it',
    async (when) => {
      const server = createServer({ auth: { secret: SECRET } });
      let own: WebSocketServer | undefined;
      const takeOwn = (httpServer: Server) => {
        own = new WebSocketServer({ server: httpServer, path: '/own' });
        own.on('connection', (webSocket) =>
          webSocket.on('message', (data) => webSocket.send(`host: ${data}`)),
        );
      };
      const host = await startHost(name, (httpServer) => {
        if (when === 'before') takeOwn(httpServer);
        server.attach(httpServer);
        if (when === 'after') takeOwn(httpServer);
      });
      await expectBothWork(server, host.url);
      own?.close();
      await server.close();
      await host.close();
    },
  );

  it('gives everything back to the host when it is closed', async () => {
    const server = createServer({ auth: { secret: SECRET } });
    const host = await startHost(name, (httpServer) => server.attach(httpServer));
    await using client = await RawClient.plain(host.url, 1, { token: await tokenOf({ diagnoses: [1] }) });
    await client.connected(1);
    await server.close();
    expect(await client.closed()).toEqual({ code: 1012, reason: 'restarting' });
    expect(await (await fetch(`${host.url}/health`)).text()).toBe('host: not found');
    await expectHostWorks(host.url);
    await host.close();
  });
});

async function expectBothWork(server: VitalwireServer, url: string): Promise<void> {
  await using hosted = await RawClient.open(`${url}/own`);
  hosted.sendText('hi');
  await hosted.next(({ text }) => text === 'host: hi');
  await using client = await RawClient.authenticated(url, await tokenOf({ diagnoses: [1] }));
  await client.subscribe(1);
  await server.broadcast.feedbackUpdate(1, feedback(1));
  expect(numbersOf(await client.publications(1))).toEqual([1]);
  hosted.sendText('again');
  await hosted.next(({ text }) => text === 'host: again');
}
