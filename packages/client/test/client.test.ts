import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { catalogue, definePublication } from '@vitalwire/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { type ClientOptions, createClient } from '../src/index.ts';
import { FakeServer } from './support/fake-server.ts';
import { connectMessage, feedback } from './support/messages.ts';
import { until } from './support/wait.ts';

// These tests run on real sockets: reconnecting-websocket over Node's WebSocket, against a server of ws.

let closers: (() => void)[];
let errors: unknown[];
const unhandled = vi.fn();

/** A client in a hurry. */
function clientOf(server: FakeServer, options: Partial<ClientOptions> = {}) {
  const client = createClient({
    url: server.url,
    getToken: () => 'token',
    onError: (error) => errors.push(error),
    backoff: { baseMs: 10, maxMs: 50 },
    ...options,
    onGap: 'ignore',
  });
  closers.push(() => client.close());
  return client;
}

beforeEach(() => {
  closers = [];
  errors = [];
  unhandled.mockClear();
  process.on('unhandledRejection', unhandled);
  process.on('uncaughtException', unhandled);
});

afterEach(() => {
  for (const close of closers) close();
  process.off('unhandledRejection', unhandled);
  process.off('uncaughtException', unhandled);
  expect(unhandled.mock.calls).toEqual([]);
});

describe('a client', () => {
  it('receives what it missed, then what is new, and resumes after a cut', async () => {
    await using server = await FakeServer.start();
    const client = clientOf(server);
    const subscription = client.subscribe(123);
    const seen: unknown[] = [];
    subscription.on(
      'feedback_update',
      (data, { recovered }) => void seen.push([data.feedback_id, recovered]),
    );

    const first = await server.connection();
    expect(await first.said('subscribe')).toEqual({ type: 'subscribe', diagnosis_id: 123 });
    first.push(connectMessage(123, { from: 'e1:2', to: 'e1:4', count: 2 }));
    first.push(feedback(123, 3), feedback(123, 4), feedback(123, 5));
    await until(
      () => seen.length === 3,
      () => seen,
    );
    first.drop();

    const second = await server.connection(2);
    expect(await second.said('subscribe')).toMatchObject({ after: 'e1:5' });
    second.push(
      connectMessage(123, { from: 'e1:5', to: 'e1:6', count: 1 }),
      feedback(123, 5),
      feedback(123, 6),
    );
    await until(
      () => subscription.state.name === 'live' && seen.length === 4,
      () => seen,
    );
    expect(seen).toEqual([
      [3, true],
      [4, true],
      [5, false],
      [6, true],
    ]);
    expect(errors).toEqual([]);
  });

  it('speaks the subprotocol, and keeps the token out of the address', async () => {
    await using server = await FakeServer.start();
    const client = clientOf(server, { getToken: () => 'secret' });
    client.connect();
    const connection = await server.connection();
    expect(await connection.said('authenticate')).toEqual({ type: 'authenticate', token: 'secret' });
    expect([connection.subprotocol, connection.path]).toEqual(['vitalwire.v1', '/ws']);
  });

  it('carries many topics over one connection', async () => {
    await using server = await FakeServer.start();
    const client = clientOf(server);
    const seen: string[] = [];
    for (const id of [1, 2, 3]) {
      client
        .subscribe(id)
        .on('publication', ({ diagnosis_id, offset }) => void seen.push(`${diagnosis_id}:${offset}`));
    }
    const connection = await server.connection();
    await connection.said('subscribe', 3);
    for (const id of [1, 2, 3]) connection.push(connectMessage(id, { status: 'fresh' }), feedback(id, 1));
    await until(
      () => seen.length === 3,
      () => seen,
    );
    expect(seen).toEqual(['1:1', '2:1', '3:1']);
    expect(server.connections).toHaveLength(1);
  });

  it('comes back when the server was away for several attempts', async () => {
    const before = await FakeServer.start();
    const { port } = before;
    const client = clientOf(before);
    const subscription = client.subscribe(1);
    await (await before.connection()).said('subscribe');
    await before[Symbol.asyncDispose]();
    const waits: string[] = [];
    client.on('state', ({ name }) => waits.push(name));
    await until(
      () => waits.filter((name) => name === 'waiting').length >= 3,
      () => waits,
    );
    await using after = await FakeServer.start(port);
    const connection = await after.connection();
    await connection.said('subscribe');
    connection.push(connectMessage(1, { status: 'fresh' }));
    await until(() => subscription.state.name === 'live');
  });

  it('finds a half-open connection and replaces it', async () => {
    await using server = await FakeServer.start();
    const client = clientOf(server, { heartbeat: { intervalMs: 50, timeoutMs: 50 } });
    client.connect();
    const first = await server.connection();
    await until(() => client.state.name === 'connected');
    first.freeze();
    await server.connection(2);
    await until(() => client.state.name === 'connected');
  });

  it('gives up a handshake that nobody answers, and tries again', async () => {
    await using server = await FakeServer.start();
    server.handshakes = 'ignore';
    const client = clientOf(server, { timeoutMs: 50 });
    client.connect();
    await until(() => client.state.name === 'waiting');
    server.handshakes = 'accept';
    await until(() => client.state.name === 'connected');
  });

  it.each([
    [1008, 'invalid_token'],
    [1008, 'access_denied'],
    [4500, 'reason_of_tomorrow'],
  ])('stops after %i %s, with or without a signal', async (code, reason) => {
    await using server = await FakeServer.start();
    for (const signal of [true, false]) {
      const client = clientOf(server);
      client.connect();
      const connection = await server.connection(signal ? 1 : 2);
      await connection.said('authenticate');
      if (signal) connection.end(code, reason, { reconnect: false });
      else connection.close(code, reason);
      await until(
        () => client.state.name === 'stopped',
        () => client.state,
      );
      expect(client.state).toEqual({ name: 'stopped', reason });
    }
    expect(server.connections).toHaveLength(2);
  });

  it('fetches a new token when the old one expired', async () => {
    await using server = await FakeServer.start();
    let tokens = 0;
    const client = clientOf(server, { getToken: async () => `token ${++tokens}` });
    client.connect();
    const first = await server.connection();
    await first.said('authenticate');
    first.end(4401, 'token_expired', { reconnect: true });
    const second = await server.connection(2);
    expect(await second.said('authenticate')).toEqual({ type: 'authenticate', token: 'token 2' });
  });

  it('connects once the token endpoint is back', async () => {
    await using server = await FakeServer.start();
    let down = true;
    const client = clientOf(server, {
      getToken: async () => {
        if (down) throw new Error('down');
        return 'token';
      },
    });
    client.connect();
    await until(() => errors.length >= 3);
    down = false;
    await until(() => client.state.name === 'connected');
  });

  it('reads an own message type, and the standard ones beside it', async () => {
    await using server = await FakeServer.start();
    const doseUpdate = definePublication({
      type: 'dose_update',
      summary: 'The dose changed.',
      data: z.object({ dose_mg: z.number() }),
      publish: { body: z.object({ dose_mg: z.number() }), toData: (body) => body, example: { dose_mg: 1 } },
    });
    const client = createClient({
      url: server.url,
      getToken: () => 'token',
      onGap: 'ignore',
      onError: (error) => errors.push(error),
      catalogue: [...catalogue, doseUpdate],
    });
    closers.push(() => client.close());
    const seen: unknown[] = [];
    const subscription = client.subscribe(1);
    subscription.on('dose_update', ({ dose_mg }) => void seen.push(dose_mg));
    subscription.on('feedback_update', ({ rating }) => void seen.push(rating));
    const connection = await server.connection();
    await connection.said('subscribe');
    connection.push(
      connectMessage(1, { status: 'fresh' }),
      feedback(1, 1, { type: 'dose_update', data: { dose_mg: 250 } }),
      feedback(1, 2),
      feedback(1, 3, { type: 'dose_update', data: { dose_mg: 'much' } }),
    );
    await until(
      () => errors.length === 1,
      () => [seen, errors],
    );
    expect(seen).toEqual([250, 4]);
    expect(errors).toMatchObject([{ issues: [{ path: 'data.dose_mg', message: 'expected number' }] }]);
  });

  it('closes the socket when it is closed', async () => {
    await using server = await FakeServer.start();
    const client = clientOf(server);
    client.connect();
    const connection = await server.connection();
    await connection.said('ping');
    client.close();
    await until(() => connection.closed !== undefined);
    expect(connection.closed).toMatchObject({ code: 1000 });
  });
});

describe('a process', () => {
  /** Runs a script with the client and gives its output when the process has ended by itself. */
  async function run(script: string): Promise<string> {
    const index = new URL('../src/index.ts', import.meta.url).href;
    const child = spawn(
      process.execPath,
      [
        '--conditions=@vitalwire/source',
        '--input-type=module',
        '--eval',
        `import { createClient } from ${JSON.stringify(index)};\n${script}`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], cwd: fileURLToPath(new URL('..', import.meta.url)) },
    );
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(15_000) });
    return `${output.trim()} (exit ${code})`;
  }

  it('ends when the client is closed while it waits for a retry', async () => {
    const output = await run(`
      const client = createClient({ url: 'ws://127.0.0.1:1/ws', getToken: () => 't', onError() {}, backoff: { baseMs: 3e5, maxMs: 3e5 } });
      client.on('state', ({ name }) => {
        if (name !== 'waiting') return;
        client.close();
        console.log('closed');
        const began = Date.now();
        process.on('exit', () => console.log(Date.now() - began < 2000 ? 'at once' : 'late'));
      });
      client.connect();
    `);
    expect(output).toBe('closed\nat once (exit 0)');
  });

  it('ends when the client is closed while it is connected', async () => {
    await using server = await FakeServer.start();
    const output = await run(`
      const client = createClient({ url: '${server.url}', getToken: () => 't' });
      client.on('state', ({ name }) => {
        if (name !== 'connected') return;
        client.close();
        const began = Date.now();
        process.on('exit', () => console.log(Date.now() - began < 2000 ? 'at once' : 'late'));
      });
      client.connect();
    `);
    expect(output).toBe('at once (exit 0)');
  });

  it('lives on when getToken fails', async () => {
    const output = await run(`
      let calls = 0;
      const client = createClient({
        url: 'ws://127.0.0.1:1/ws',
        onError: (error) => console.log(error.code),
        backoff: { baseMs: 5, maxMs: 5 },
        getToken: () => { if (++calls === 3) client.close(); throw new Error('down'); },
      });
      client.connect();
    `);
    expect(output).toBe('token\ntoken (exit 0)');
  });
});
