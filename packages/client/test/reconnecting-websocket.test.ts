import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openReconnectingWebSocket } from '../src/reconnecting-websocket.ts';
import type { Transport } from '../src/transport.ts';
import { FakeServer } from './support/fake-server.ts';
import { until } from './support/wait.ts';

/** What a transport reported, in order. */
let reports: string[];
let transports: Transport[];
const unhandled = vi.fn();

function open(url: string, timeoutMs = 5_000): Transport {
  const transport = openReconnectingWebSocket(url, 'vitalwire.v1', timeoutMs, {
    opened: () => reports.push('opened'),
    received: (text) => reports.push(`received ${text}`),
    lost: (code, reason) => reports.push(`lost ${code} ${reason}`.trim()),
  });
  transports.push(transport);
  return transport;
}

const reported = (count: number) =>
  until(
    () => reports.length >= count,
    () => reports,
  );

beforeEach(() => {
  reports = [];
  transports = [];
  unhandled.mockClear();
  process.on('unhandledRejection', unhandled);
  process.on('uncaughtException', unhandled);
});

afterEach(async () => {
  for (const transport of transports) transport.close();
  await sleep(5);
  process.off('unhandledRejection', unhandled);
  process.off('uncaughtException', unhandled);
  vi.unstubAllGlobals();
  expect(unhandled.mock.calls).toEqual([]);
});

/** A TCP server that never answers a handshake. */
async function silentServer(): Promise<{ url: string; sockets: Socket[]; server: Server }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {}).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return { url: `ws://127.0.0.1:${address.port}/ws`, sockets, server };
}

describe('a transport over reconnecting-websocket', () => {
  it('carries text both ways, with the subprotocol', async () => {
    await using server = await FakeServer.start();
    const transport = open(server.url);
    await reported(1);
    transport.send('{"type":"ping"}');
    await reported(2);
    expect(reports).toEqual(['opened', expect.stringMatching(/^received .*pong/)]);
    expect((await server.connection()).subprotocol).toBe('vitalwire.v1');
  });

  it('sends nothing before it is open, so that nothing overtakes the authentication', async () => {
    await using server = await FakeServer.start();
    const transport = open(server.url);
    transport.send('{"type":"too_early"}');
    await reported(1);
    transport.send('{"type":"ping"}');
    await reported(2);
    expect((await server.connection()).record).toEqual([{ type: 'ping' }]);
  });

  it.each([
    [1008, 'invalid_token'],
    [4401, 'token_expired'],
    [1012, 'restarting'],
    [1000, ''],
  ])('reports the close code %i once, and never reconnects by itself', async (code, reason) => {
    await using server = await FakeServer.start();
    open(server.url);
    await reported(1);
    (await server.connection()).close(code, reason);
    await reported(2);
    await sleep(50);
    expect(reports).toEqual(['opened', `lost ${code} ${reason}`.trim()]);
    expect(server.connections).toHaveLength(1);
  });

  it('reports a cut once, though with a code that is made up', async () => {
    await using server = await FakeServer.start();
    open(server.url);
    await reported(1);
    (await server.connection()).drop();
    await reported(2);
    await sleep(50);
    // A cut is 1006. The library says 1000 in Node: whoever reads the code has to know.
    expect(reports).toEqual(['opened', expect.stringMatching(/^lost 100[06]/)]);
    expect(server.connections).toHaveLength(1);
  });

  it('reports a refused connection once', async () => {
    const { url, server } = await silentServer();
    await new Promise((resolve) => server.close(resolve));
    open(url);
    await reported(1);
    await sleep(50);
    expect(reports).toEqual([expect.stringMatching(/^lost/)]);
  });

  it('gives up a handshake that is not answered in time', async () => {
    const { url, server, sockets } = await silentServer();
    open(url, 50);
    await until(
      () => reports.length > 0,
      () => reports,
      2_000,
    );
    await sleep(100);
    expect(reports).toEqual([expect.stringMatching(/^lost/)]);
    await until(() => sockets.every((socket) => socket.destroyed));
    server.close();
  });

  it('reports an answer that is no handshake', async () => {
    const { url, server } = await silentServer();
    server.on('connection', (socket) => socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'));
    open(url);
    await reported(1);
    expect(reports).toEqual([expect.stringMatching(/^lost/)]);
    server.close();
  });

  describe('when it is closed', () => {
    it('never connects if that was before the socket existed', async () => {
      await using server = await FakeServer.start();
      open(server.url).close();
      await sleep(50);
      expect([reports, server.connections]).toEqual([[], []]);
    });

    it('does not stand in the way of the next one', async () => {
      await using server = await FakeServer.start();
      open(server.url).close();
      open(server.url);
      await reported(1);
      expect(reports).toEqual(['opened']);
    });

    it('reports nothing any more, whatever the socket still does', async () => {
      await using server = await FakeServer.start();
      const transport = open(server.url);
      await reported(1);
      const connection = await server.connection();
      transport.close();
      connection.push({ type: 'late' });
      await until(() => connection.closed !== undefined);
      await sleep(20);
      expect(reports).toEqual(['opened']);
    });

    it('ends the connection for the server', async () => {
      await using server = await FakeServer.start();
      const transport = open(server.url);
      await reported(1);
      transport.close();
      const connection = await server.connection();
      await until(() => connection.closed !== undefined);
      expect(connection.closed).toMatchObject({ code: 1000 });
    });

    it('ends a handshake under way', async () => {
      const { url, server, sockets } = await silentServer();
      const transport = open(url);
      await until(() => sockets.length === 1);
      transport.close();
      await until(() => sockets.every((socket) => socket.destroyed));
      await sleep(20);
      expect(reports).toEqual([]);
      server.close();
    });
  });

  describe('when there can be no socket', () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());

    async function reportOf(socketClass: unknown) {
      vi.stubGlobal('WebSocket', socketClass);
      const transport = openReconnectingWebSocket('ws://localhost/ws', 'vitalwire.v1', 5_000, {
        opened: () => reports.push('opened'),
        received: () => reports.push('received'),
        lost(code, reason) {
          reports.push(`lost ${code} ${reason}`);
          // As a connection does, at once.
          transport.close();
        },
      });
      await vi.advanceTimersByTimeAsync(1);
      // Also the library's timers are gone: they would hold a process.
      expect(vi.getTimerCount()).toBe(0);
      return reports;
    }

    it('reports that WebSocket is missing', async () => {
      expect(await reportOf(undefined)).toEqual([expect.stringMatching(/^lost 1006 .*/)]);
    });

    it('reports what the constructor throws', async () => {
      const forbidden = class {
        constructor() {
          throw new DOMException('insecure', 'SecurityError');
        }
      };
      expect(await reportOf(forbidden)).toEqual(['lost 1006 SecurityError: insecure']);
    });
  });
});

describe('a socket that a test plays', () => {
  class Played extends EventTarget {
    static readonly CLOSING = 2;
    static all: Played[] = [];
    readyState = 1;
    constructor() {
      super();
      Played.all.push(this);
    }
    close() {}
    send() {}
  }

  beforeEach(() => {
    vi.useFakeTimers();
    Played.all = [];
    vi.stubGlobal('WebSocket', Played);
  });
  afterEach(() => vi.useRealTimers());

  async function played(): Promise<{ transport: Transport; socket: Played }> {
    const transport = open('ws://localhost/ws');
    await vi.advanceTimersByTimeAsync(1);
    const socket = Played.all[0];
    if (!socket) throw new Error('no socket');
    socket.dispatchEvent(new Event('open'));
    return { transport, socket };
  }

  it('is never replaced by the library, however long one waits', async () => {
    const { socket } = await played();
    socket.dispatchEvent(Object.assign(new Event('close'), { code: 1006, reason: '' }));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(reports).toEqual(['opened', 'lost 1006']);
    expect(Played.all).toHaveLength(1);
  });

  it('reports an error without a close as a loss, once', async () => {
    const { socket } = await played();
    socket.dispatchEvent(Object.assign(new Event('error'), { message: 'reset' }));
    socket.dispatchEvent(Object.assign(new Event('close'), { code: 1006, reason: '' }));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(reports).toEqual(['opened', 'lost 1000']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not heard after close', async () => {
    const { transport, socket } = await played();
    transport.close();
    socket.dispatchEvent(new Event('open'));
    socket.dispatchEvent(Object.assign(new Event('message'), { data: 'late' }));
    socket.dispatchEvent(Object.assign(new Event('close'), { code: 4401, reason: 'late' }));
    expect(reports).toEqual(['opened']);
  });
});
