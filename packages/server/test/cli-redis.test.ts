import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { signToken } from '../src/auth/sign-token.ts';
import { redisLog } from '../src/log/redis.ts';
import { hasRedis } from '../src/testing/redis-server.ts';
import { exitOf, run, secretFile, serve, start } from './support/command-line.ts';
import { startRedis } from './support/redis-node.ts';
import { selfSigned } from './support/self-signed.ts';
import { SECRET } from './support/tokens.ts';

const DIAGNOSIS = 7;
const HIDE_CLIENT = `--import=${join(import.meta.dirname, 'support/without-redis-client.mjs')}`;

async function tokenOf(sub: string) {
  return signToken({ secret: SECRET, sub, diagnoses: [DIAGNOSIS], scope: 'broadcast', expiresInSeconds: 60 });
}

async function publish(url: string, feedbackId: number) {
  const response = await fetch(`${url}/ws/broadcast-feedback-update`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await tokenOf('backend')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ diagnosis_id: DIAGNOSIS, feedback_id: feedbackId, rating: 5, effectiveness: 1 }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Subscribes as a plain client does; what it was told is in `messages`. */
async function subscribe(url: string, user: string) {
  const address = `${url.replace('http', 'ws')}/ws/${DIAGNOSIS}?token=${await tokenOf(user)}`;
  const socket = new WebSocket(address);
  const messages: { type: string; data: Record<string, unknown> }[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  await vi.waitFor(() => expect(messages[0]?.type).toBe('connect'), { timeout: 5_000 });
  return { socket, messages };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const ready = async (url: string) => (await fetch(`${url}/ready`)).status;

describe.skipIf(!hasRedis())('vitalwire serve --log redis://…', () => {
  it('serves the same diagnoses from several processes', async () => {
    const redis = await startRedis({ args: ['--requirepass', 'pa55-w0rd'] });
    const log = `redis://:pa55-w0rd@127.0.0.1:${redis.port}`;
    const flags = ['--jwt-secret-file', secretFile(), '--log-level', 'debug'];
    const servers = await Promise.all([
      serve(['--log', log, ...flags]),
      serve(flags, { VITALWIRE_LOG: log }),
    ]);
    const [one, other] = servers;
    expect(await Promise.all(servers.map(({ url }) => ready(url)))).toEqual([200, 200]);
    const subscribers = [await subscribe(one.url, 'ann'), await subscribe(other.url, 'bob')];
    expect(await publish(one.url, 1)).toMatchObject({
      status: 200,
      body: { offset: 1, clients_notified: 2 },
    });
    expect(await publish(other.url, 2)).toMatchObject({
      status: 200,
      body: { offset: 2, clients_notified: 2 },
    });
    for (const { messages } of subscribers) {
      await vi.waitFor(() =>
        expect(messages.map(({ data }) => data['feedback_id'])).toEqual([undefined, 1, 2]),
      );
    }
    const headers = { authorization: `Bearer ${await tokenOf('backend')}` };
    for (const { url } of servers) {
      await vi.waitFor(
        async () => {
          const status = await (await fetch(`${url}/ws/status`, { headers })).json();
          expect(status).toMatchObject({
            total_connections: 2,
            connections_by_diagnosis: { [DIAGNOSIS]: 2 },
          });
        },
        { timeout: 5_000 },
      );
    }
    // The client of the server that ends goes on at the other, which no longer counts the first.
    one.child.kill('SIGTERM');
    expect(await exitOf(one.child)).toBe(0);
    expect(await publish(other.url, 3)).toMatchObject({ body: { offset: 3, clients_notified: 1 } });
    const resumed = await subscribe(other.url, 'ann');
    await vi.waitFor(() => expect(resumed.messages.at(-1)?.data['feedback_id']).toBe(3));
    for (const { socket } of [...subscribers, resumed]) socket.terminate();
    for (const { output } of servers) {
      expect(output()).toContain('connected to Redis');
      expect(output()).toContain('"log":"redis"');
      expect(output()).not.toContain('pa55');
    }
  });

  it('serves before Redis is there, and is ready when it is', async () => {
    const redis = await startRedis();
    await redis.kill();
    const { url, output } = await serve(['--log', redis.url, '--jwt-secret-file', secretFile()]);
    expect(await ready(url)).toBe(503);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await publish(url, 1)).status).toBe(503);
    expect(output()).toMatch(/Redis cannot be used; trying again/);
    await redis.restart();
    await vi.waitFor(async () => expect(await ready(url)).toBe(200), { timeout: 10_000 });
    expect((await publish(url, 1)).status).toBe(200);
  });

  it('ends with what to change when Redis may remove what it keeps', async () => {
    const redis = await startRedis({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] });
    const { code, output } = await run(['serve', '--log', redis.url, '--jwt-secret-file', secretFile()]);
    expect(code).toBe(1);
    expect(output).toMatch(/^vitalwire: .*CONFIG SET maxmemory-policy noeviction$/m);
  });

  it('speaks TLS, with servers whose certificate it knows', async () => {
    const { keyFile, certFile } = selfSigned();
    const port = await freePort();
    const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certFile];
    const redis = await startRedis({
      args: ['--tls-port', `${port}`, ...files, '--tls-auth-clients', 'no', '--requirepass', 'pa55-w0rd'],
    });
    expect(redis.port).not.toBe(port);
    const args = ['--log', `rediss://:pa55-w0rd@localhost:${port}`, '--jwt-secret-file', secretFile()];
    const trusting = await serve(args, { NODE_EXTRA_CA_CERTS: certFile });
    expect((await publish(trusting.url, 1)).status).toBe(200);
    const strict = await serve(args);
    expect(await ready(strict.url)).toBe(503);
    expect(strict.output()).toMatch(/"reason":"self-signed certificate/);
    expect(strict.output() + trusting.output()).not.toContain('pa55');
  });

  it('does not let anybody in who was revoked before it started', async () => {
    const redis = await startRedis();
    const token = await tokenOf('ann');
    const store = redisLog({ url: redis.url });
    await store.nodes?.check();
    await store.nodes?.revoke('ann', Date.now() + 1_000);
    await store.close();
    const { url } = await serve(['--log', redis.url, '--jwt-secret-file', secretFile()]);
    const response = await fetch(`${url}/ws/status`, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(401);
  });
});

describe('vitalwire serve with an address of Redis that will not do', () => {
  it.each([
    ['redis://:pa55-w0rd@127.0.0.1:1/x', /must end with the number of a database/],
    ['redis://:pa55-w0rd@one,two', /one host only/],
    ['redis:/:pa55-w0rd@127.0.0.1', /must look like redis:/],
    ['reddis://:pa55-w0rd@127.0.0.1', /--log: expected sqlite, memory or redis:/],
    ['pa55-w0rd@127.0.0.1', /--log: expected sqlite, memory or redis:/],
  ])('%s: ends, and does not repeat the password', async (log, message) => {
    const { code, output } = await run(['serve', '--log', log, '--jwt-secret-file', secretFile()]);
    expect(code).toBe(1);
    expect(output).toMatch(message);
    expect(output).not.toContain('pa55');
  });

  it('refuses a folder besides', async () => {
    const args = ['serve', '--log', 'redis://127.0.0.1:1', '--data', 'x', '--jwt-secret-file', secretFile()];
    const { code, output } = await run(args);
    expect([code, output]).toEqual([1, expect.stringMatching(/--data goes with --log sqlite/)]);
  });
});

describe('without the package @redis/client', () => {
  const environment = { NODE_OPTIONS: HIDE_CLIENT };

  it.each([
    ['serve', ['serve', '--log', 'redis://127.0.0.1:1']],
    ['new-epochs', ['new-epochs', '--log', 'redis://127.0.0.1:1']],
  ])('%s says how to install it', async (command, args) => {
    const secret = command === 'serve' ? ['--jwt-secret-file', secretFile()] : [];
    const { code, output } = await run([...args, ...secret], environment);
    expect(code).toBe(1);
    expect(output).toMatch(/^vitalwire: .*npm install @redis\/client/m);
  });

  it('everything else works', async () => {
    const { url } = await serve(['--log', 'memory', '--jwt-secret-file', secretFile()], environment);
    expect(await publish(url, 1)).toMatchObject({ status: 200, body: { offset: 1 } });
    const source = join(import.meta.dirname, '../src/index.ts');
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@vitalwire/source', HIDE_CLIENT, '--eval', `import(${JSON.stringify(source)})`],
      { encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe.skipIf(!hasRedis())('vitalwire new-epochs --log redis://…', () => {
  it('begins new epochs in all logs, also at servers that run', async () => {
    const redis = await startRedis({ args: ['--requirepass', 'pa55-w0rd'] });
    const url = `redis://:pa55-w0rd@127.0.0.1:${redis.port}/3`;
    const log = redisLog({ url });
    await log.nodes?.check();
    const { position } = await log.append(DIAGNOSIS, { text: '{}' });
    const { code, output } = await run(['new-epochs', '--log', url]);
    expect([code, output]).toEqual([0, expect.stringMatching(/^new epochs begun: all;/)]);
    await vi.waitFor(async () => expect((await log.state(DIAGNOSIS)).epoch).not.toBe(position.epoch), {
      timeout: 5_000,
    });
    expect(await log.state(DIAGNOSIS)).toMatchObject({ earliest: 1, top: 1 });
    await log.close();
  });

  it('says why it cannot', async () => {
    const redis = await startRedis({ args: ['--requirepass', 'right'] });
    const { code, output } = await run(['new-epochs', '--log', `redis://:wr0ng@127.0.0.1:${redis.port}`]);
    expect([code, output]).toEqual([1, expect.stringMatching(/^vitalwire: Redis cannot be used: WRONGPASS/)]);
    expect(output).not.toContain('wr0ng');
    const closed = await run(['new-epochs', '--log', 'redis://127.0.0.1:1']);
    expect([closed.code, closed.output]).toEqual([1, expect.stringMatching(/ECONNREFUSED/)]);
  });

  it('wants one log', async () => {
    for (const args of [[], ['--data', 'x', '--log', 'redis://127.0.0.1:1']]) {
      const { child, output } = start(['new-epochs', ...args]);
      expect(await exitOf(child)).toBe(1);
      expect(output()).toMatch(/give either --data FOLDER of a SQLite log, or --log redis:/);
    }
  });
});
