import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { backendToken, ServerProcess, type ServerProcessOptions, until, within } from '../../src/index.ts';

const HOUR = 3_600_000;

async function start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const server = await ServerProcess.start(options);
  onTestFinished(() => server.kill());
  return server;
}

async function publish(server: ServerProcess): Promise<{ epoch: string; offset: number }> {
  const response = await fetch(`${server.url}/ws/broadcast-feedback-update`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await backendToken({ nowMs: server.now })}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ diagnosis_id: 1, feedback_id: 1, rating: 4, effectiveness: 0.8 }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as { epoch: string; offset: number };
}

interface Frame {
  type: string;
  offset?: number;
  epoch?: string;
  data: { recovery?: { status: string; reason?: string; count: number } };
}

/** Subscribes to diagnosis 1 as a plain client. */
async function subscribe(server: ServerProcess, after?: { epoch: string; offset: number }, token?: string) {
  const used = token ?? (await server.token({ sub: 'anna', diagnoses: [1] }));
  const position = after ? `&after=${after.epoch}:${after.offset}` : '';
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/1?token=${used}${position}`);
  onTestFinished(() => socket.terminate());
  const frames: Frame[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data))));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  return {
    frames,
    token: used,
    closed: () => within(5_000, closed, () => `still open: ${JSON.stringify(frames)}`),
    async arrived(count: number): Promise<Frame[]> {
      await until(
        () => frames.length >= count,
        () => `not ${count}: ${JSON.stringify(frames)}`,
      );
      return frames;
    },
  };
}

describe('a server process', () => {
  it('goes on from its data after a kill, on the same port', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitalwire-testing-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const server = await start({ path: join(folder, 'log.db') });
    const { port } = server;
    const first = await publish(server);
    await server.kill();
    await server.restart();
    await server.ready();
    expect(server.port).toBe(port);
    expect(await publish(server)).toMatchObject({ epoch: first.epoch, offset: 2 });
    expect(server.crashes).toEqual([]);
  });

  it('says what went wrong when it cannot start', async () => {
    const failing = ServerProcess.start({ secret: 'short' });
    await expect(failing).rejects.toThrow(/the server ended .*\n[\s\S]*secret/);
  });

  it('lets the tokens of a user expire, and takes a fresh one', async () => {
    const server = await start();
    await expect(server.expireToken('anna')).rejects.toThrow(
      'no token of anna was seen; seen were those of nobody',
    );
    const anna = await subscribe(server);
    await anna.arrived(1);
    await server.expireToken('anna');
    expect(await anna.closed()).toBe(4401);
    const again = await subscribe(server, undefined, anna.token);
    expect(await again.closed()).toBe(4401);
    expect(await (await subscribe(server)).arrived(1)).toMatchObject([{ type: 'connect' }]);
    await server.kill();
    await server.restart();
    expect(await (await subscribe(server, undefined, anna.token)).closed()).toBe(4401);
  });

  it('ends the sessions of a user who is revoked', async () => {
    const server = await start();
    const anna = await subscribe(server);
    await anna.arrived(1);
    await server.revoke('anna');
    expect(await anna.closed()).toBe(1008);
  });

  it('has a clock that can be set forward, which its tokens follow', async () => {
    const server = await start();
    const anna = await subscribe(server);
    await anna.arrived(1);
    await server.advance(2 * HOUR);
    expect(await anna.closed()).toBe(4401);
    expect(server.now - Date.now()).toBeGreaterThan(2 * HOUR - 1_000);
    await (await subscribe(server)).arrived(1);
  });
});

describe.each(['memory', 'SQLite'])('a log in %s', (kind) => {
  async function startWith(): Promise<ServerProcess> {
    if (kind === 'memory') return start();
    const folder = await mkdtemp(join(tmpdir(), 'vitalwire-testing-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return start({ path: join(folder, 'log.db') });
  }

  const restarts = kind === 'SQLite';
  async function restart(server: ServerProcess): Promise<void> {
    if (!restarts) return;
    await server.kill();
    await server.restart();
  }

  it('loses what is evicted, also for those who come after a restart', async () => {
    const server = await startWith();
    const first = await publish(server);
    for (let i = 0; i < 4; i++) await publish(server);
    await server.evict(1, 2);
    await restart(server);
    const anna = await subscribe(server, first);
    const [connect, ...rest] = await anna.arrived(3);
    expect(connect?.data.recovery).toMatchObject({ status: 'gap', reason: 'retention', count: 2 });
    expect(rest.map(({ offset }) => offset)).toEqual([4, 5]);
    const queued = (await (
      await fetch(`${server.url}/ws/status`, { headers: await asBackend(server) })
    ).json()) as {
      queued_messages_by_diagnosis: Record<string, number>;
    };
    expect(queued.queued_messages_by_diagnosis['1'] ?? 0).toBeLessThanOrEqual(2);
  });

  it('begins a new epoch, of which who is connected hears with the next publication', async () => {
    const server = await startWith();
    const first = await publish(server);
    const anna = await subscribe(server);
    await anna.arrived(2);
    await server.newEpoch(1);
    const renewed = await publish(server);
    expect(renewed).toMatchObject({ offset: 1 });
    expect(renewed.epoch).not.toBe(first.epoch);
    const frames = await anna.arrived(4);
    expect(frames[2]?.data.recovery).toMatchObject({ status: 'gap', reason: 'epoch_changed' });
    expect(frames[3]).toMatchObject({ epoch: renewed.epoch, offset: 1 });
    await restart(server);
    const ben = await subscribe(server, first);
    expect((await ben.arrived(1))[0]?.data.recovery).toMatchObject({ reason: 'epoch_changed' });
    if (restarts) expect((await publish(server)).epoch).toBe(renewed.epoch);
  });

  it('loses what is older than its retention when the clock is set forward', async () => {
    const server = await startWith();
    const first = await publish(server);
    await publish(server);
    await server.advance(8 * 24 * HOUR);
    const anna = await subscribe(server, first);
    expect((await anna.arrived(1))[0]?.data.recovery).toMatchObject({ status: 'gap', reason: 'retention' });
  });
});

async function asBackend(server: ServerProcess): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await backendToken({ nowMs: server.now })}` };
}
