import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { InProcessServer, Network, tokenOf, until } from '../../src/index.ts';

/** A plain client of diagnosis 1 that keeps what it receives. */
async function watch(network: Network, sub = 'patient') {
  const token = await tokenOf({ sub, diagnoses: [1] });
  const socket = new WebSocket(`${network.url.replace('http', 'ws')}/ws/1?token=${token}`);
  const frames: { type: string; offset?: number; at: number }[] = [];
  const watcher = {
    socket,
    frames,
    closed: false,
    offsets: () => frames.flatMap(({ offset }) => offset ?? []),
  };
  socket.on('message', (data) => frames.push({ ...JSON.parse(String(data)), at: performance.now() }));
  socket.on('error', () => {});
  socket.on('close', () => {
    watcher.closed = true;
  });
  return watcher;
}

async function watching(sub?: string) {
  const server = await InProcessServer.start();
  const network = await Network.before(server.url);
  const watcher = await watch(network, sub);
  await until(
    () => watcher.frames.length === 1,
    () => 'no connect came',
  );
  const publish = (comment = '') =>
    server.broadcast.feedbackUpdate(1, { feedback_id: 1, rating: 4, effectiveness: 1, comment });
  return {
    server,
    network,
    watcher,
    publish,
    async [Symbol.asyncDispose]() {
      watcher.socket.terminate();
      await network[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

describe('a network', () => {
  it('is down from cut to restore', async () => {
    await using world = await watching();
    const { network, watcher } = world;
    network.cut();
    await until(
      () => watcher.closed,
      () => 'still open',
    );
    const refused = await watch(network);
    await until(
      () => refused.closed,
      () => 'not refused',
    );
    expect(refused.frames).toEqual([]);
    network.restore();
    const again = await watch(network);
    await until(
      () => again.frames.length === 1,
      () => 'no connect came',
    );
    again.socket.terminate();
  });

  it('lets new connections through after a drop', async () => {
    await using world = await watching();
    world.network.drop();
    await until(
      () => world.watcher.closed,
      () => 'still open',
    );
    const again = await watch(world.network);
    await until(
      () => again.frames.length === 1,
      () => 'no connect came',
    );
    again.socket.terminate();
  });

  it('lets open connections go on while new ones are refused', async () => {
    await using world = await watching();
    world.network.refuse();
    const refused = await watch(world.network);
    await until(
      () => refused.closed,
      () => 'not refused',
    );
    const { offset } = await world.publish();
    await until(
      () => world.watcher.offsets().includes(offset),
      () => 'not delivered',
    );
  });

  it('tells nobody that a connection is half-open, until it is restored', async () => {
    await using world = await watching();
    const { network, watcher } = world;
    network.halfOpen();
    await world.publish();
    await until(
      () => network.proxy.harm.swallowedBytes > 0,
      () => 'nothing was swallowed',
    );
    expect(watcher).toMatchObject({ closed: false, frames: [{ type: 'connect' }] });
    network.restore();
    await until(
      () => watcher.closed,
      () => 'still open',
    );
  });

  it('tells who is left, once restored, that the other end went without a byte', async () => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => accepted.push(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using network = await Network.before(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const client = connect(network.proxy.port, '127.0.0.1').on('error', () => {});
    await until(
      () => accepted.length === 1,
      () => 'not connected',
    );
    network.halfOpen();
    accepted[0]?.destroy();
    server.close();
    await once(server, 'close');
    // Nobody can tell when a goodbye was swallowed.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.closed).toBe(false);
    network.restore();
    await until(
      () => client.closed,
      () => 'still open',
    );
  });

  it('holds everything back for as long as it is told to', async () => {
    await using world = await watching();
    world.network.delay(150);
    const published = performance.now();
    const { offset } = await world.publish();
    await until(
      () => world.watcher.offsets().includes(offset),
      () => 'not delivered',
    );
    expect(world.watcher.frames.at(-1)?.at).toBeGreaterThan(published + 149);
  });

  it('passes no more bytes a second than it is told to, and the rest at once when restored', async () => {
    await using world = await watching();
    const { network, watcher, publish } = world;
    network.throttle(20_000);
    const began = performance.now();
    const { offset } = await publish('x'.repeat(5_000));
    await until(
      () => watcher.offsets().includes(offset),
      () => 'not delivered',
    );
    // 5,000 bytes are a quarter of a second, apart from the piece that passes at once.
    expect((watcher.frames.at(-1)?.at ?? 0) - began).toBeGreaterThan(190);
    network.throttle(100);
    const slow = await publish('x'.repeat(50_000));
    network.restore();
    await until(
      () => watcher.offsets().includes(slow.offset),
      () => 'not delivered',
    );
  });

  it.each([0, -1, Number.NaN])('refuses to pass %s bytes a second', async (bytesPerSecond) => {
    await using world = await watching();
    expect(() => world.network.throttle(bytesPerSecond)).toThrow('bytesPerSecond');
  });

  it.each(['https://127.0.0.1:1', 'http://example.org'])('cannot be put before %s', async (url) => {
    await expect(Network.before(url)).rejects.toThrow(url);
  });

  it('makes one user a slow reader, whichever way the user says who it is', async () => {
    await using world = await watching('slow');
    const { network, watcher, publish } = world;
    const other = await watch(network, 'other');
    const sdk = new WebSocket(`${network.url.replace('http', 'ws')}/ws`, 'vitalwire.v1', {
      perMessageDeflate: false,
    });
    const heard: string[] = [];
    sdk.on('message', (data) => heard.push(String(data)));
    sdk.on('error', () => {});
    await until(
      () => sdk.readyState === WebSocket.OPEN,
      () => 'not open',
    );
    sdk.send(JSON.stringify({ type: 'authenticate', token: await tokenOf({ sub: 'slow', diagnoses: [1] }) }));
    sdk.send(JSON.stringify({ type: 'subscribe', diagnosis_id: 1 }));
    await until(
      () => heard.length === 1 && other.frames.length === 1,
      () => 'no connect came',
    );
    network.proxy.holdUser('slow');
    const { offset } = await publish();
    await until(
      () => other.offsets().includes(offset),
      () => 'the other one is slow as well',
    );
    expect([watcher.offsets(), heard.length]).toEqual([[], 1]);
    network.restore();
    await until(
      () => watcher.offsets().includes(offset) && heard.length === 2,
      () => 'still slow',
    );
    for (const socket of [other.socket, sdk]) socket.terminate();
  });
});
