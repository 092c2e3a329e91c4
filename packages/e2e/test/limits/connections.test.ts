import { TcpProxy, tokenOf, until } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { fastClock } from '../../support/clocks.ts';
import { feedback, numbersOf } from '../../support/publications.ts';
import { RawClient } from '../../support/raw-client.ts';
import { TestServer } from '../../support/test-server.ts';

describe.concurrent('a half-open connection', () => {
  it('is found by the server’s heartbeat within 35 seconds and given up, and nothing is lost', async () => {
    const speed = 15;
    await using server = await TestServer.start({ clock: fastClock(speed) });
    await using proxy = await TcpProxy.start(server.port);
    const token = await tokenOf({ diagnoses: [1] });
    await using client = await RawClient.plain(`http://127.0.0.1:${proxy.port}`, 1, { token });
    await client.connected(1);
    proxy.blackhole();
    const since = performance.now();
    await server.broadcast.feedbackUpdate(1, feedback(1));
    const gone = async () => (await server.server.status()).total_connections === 0;
    await until(gone, () => 'the server still counts the connection');
    expect(((performance.now() - since) * speed) / 1_000).toBeLessThan(60);
    expect(server.logger.find('connection cut')).toBeDefined();
    expect(client.isOpen).toBe(true); // nobody told it
    proxy.pass();
    await using again = await RawClient.plain(`http://127.0.0.1:${proxy.port}`, 1, { token });
    expect(numbersOf(await again.publications(1))).toEqual([1]);
  });

  it('is found as well when only what the client sends is lost', async () => {
    await using server = await TestServer.start({ clock: fastClock(25) });
    await using proxy = await TcpProxy.start(server.port);
    const token = await tokenOf({ diagnoses: [1] });
    await using client = await RawClient.plain(`http://127.0.0.1:${proxy.port}`, 1, { token });
    await client.connected(1);
    proxy.blackhole('toServer');
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.publications(1);
    const gone = async () => (await server.server.status()).total_connections === 0;
    await until(gone, () => 'the server still counts the connection');
  });
});

describe.concurrent('a token that ends far in the future', () => {
  const now = Math.floor(Date.now() / 1_000);
  it.each([
    { exp: now + 30 * 86_400, meaning: '30 days from now' },
    { exp: now + 2_147_484, meaning: 'just beyond what a timer can hold' },
    { exp: 1e12, meaning: 'in 31,000 years' },
    { exp: 1e308, meaning: 'never' },
  ])('does not end the session: $meaning', async ({ exp }) => {
    await using server = await TestServer.start({ clock: fastClock(4) });
    await using client = await RawClient.plain(server.url, 1, {
      token: await tokenOf({ diagnoses: [1], claims: { exp } }),
    });
    await client.connected(1);
    // Longer than any timer that overflowed would take, and than several looks at the time.
    const started = performance.now();
    for (let number = 1; performance.now() - started < 800; number++) {
      await server.broadcast.feedbackUpdate(1, feedback(number));
      await client.publications(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(client.isOpen).toBe(true);
  });
});

describe.concurrent('too many connections', () => {
  it('closes a further one with 1013, and takes one when another has left', async () => {
    await using server = await TestServer.start({ limits: { maxConnections: 3 } });
    await using first = await server.plain(1);
    await using idle = await RawClient.open(`${server.url}/ws`); // counts, although it never authenticated
    await using third = await server.client([1]);
    await first.connected(1);
    await third.settled();
    for (const open of [() => server.plain(1), () => server.client([1])]) {
      await using refused = await open();
      expect(await refused.closed()).toEqual({ code: 1013, reason: 'overloaded' });
      expect(refused.frames).toMatchObject([{ type: 'disconnect', code: 1013, reconnect: true }]);
    }
    await idle.close();
    await using next = await server.plain(1);
    await next.connected(1);
    await server.broadcast.feedbackUpdate(1, feedback(1));
    for (const client of [first, next]) expect(numbersOf(await client.publications(1))).toEqual([1]);
  });

  it('does not count those that have left, however they left', async () => {
    await using server = await TestServer.start({ limits: { maxConnections: 2, maxConnectionsPerUser: 2 } });
    for (const way of ['close', 'cut', 'refused'] as const) {
      for (let round = 0; round < 20; round++) {
        const client = way === 'refused' ? await RawClient.plain(server.url, 1, {}) : await server.plain(1);
        if (way === 'refused') await client.closed();
        else await client.connected(1);
        await (way === 'close' ? client.close() : client.cut());
        await until(
          async () => (await server.server.status()).total_connections === 0,
          () => `${way} is still counted`,
        );
      }
    }
    expect(await server.server.status()).toMatchObject({ total_diagnoses: 0, connections_by_diagnosis: {} });
  });
});
