import { once } from 'node:events';
import { tokenOf, until, within } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { fastClock } from '../../support/clocks.ts';
import { publish } from '../../support/http.ts';
import { feedback, numbersOf, range } from '../../support/publications.ts';
import { RawClient } from '../../support/raw-client.ts';
import { framesUntilEnd, maskedFrame, rawHandshake } from '../../support/raw-socket.ts';
import { TestServer } from '../../support/test-server.ts';

describe('Closing', () => {
  it('says disconnect before the close frame, with the same code and reason', async () => {
    await using server = await TestServer.start();
    await using client = await RawClient.plain(server.url, 1, { token: 'x' });
    const closing = await client.closed();
    expect(client.frames).toHaveLength(1);
    expect(client.frames[0]).toMatchObject({ type: 'disconnect', ...closing });
  });

  it.each([
    { broken: 'an unmasked frame', code: 1002, bytes: Buffer.of(0x81, 0x01, 0x78) },
    { broken: 'a reserved opcode', code: 1002, bytes: maskedFrame(0x83, Buffer.from('x')) },
    { broken: 'a reserved bit', code: 1002, bytes: maskedFrame(0xc1, Buffer.from('x')) },
    { broken: 'a continuation of nothing', code: 1002, bytes: maskedFrame(0x80, Buffer.from('x')) },
    { broken: 'a text that is not UTF-8', code: 1007, bytes: maskedFrame(0x81, Buffer.of(0xc3, 0x28)) },
    {
      broken: 'a frame that announces 2^62 bytes',
      code: 1009,
      bytes: Buffer.concat([Buffer.of(0x81, 0xff, 0x40), Buffer.alloc(7), Buffer.alloc(4)]),
    },
    {
      broken: 'a message in 65 fragments',
      code: 1008,
      bytes: Buffer.concat([
        maskedFrame(0x01, Buffer.from('{')),
        ...Array.from({ length: 64 }, () => maskedFrame(0x00, Buffer.from(' '))),
      ]),
    },
  ])('closes with $code on $broken, without disconnect and without a reason', async ({ code, bytes }) => {
    await using server = await TestServer.start();
    const socket = await rawHandshake(server.port);
    socket.write(bytes);
    const frames = await framesUntilEnd(socket);
    expect(frames.map(({ opcode, payload }) => [opcode, payload.readUInt16BE(0), payload.length])).toEqual([
      [0x8, code, 2],
    ]);
    expect(server.logger.find('peer broke the protocol')).toBeDefined();
  });

  it('accepts a message in 64 fragments', async () => {
    await using server = await TestServer.start();
    const socket = await rawHandshake(server.port);
    const text = JSON.stringify({ type: 'ping', id: 1 }).padEnd(64, ' ');
    const fragments = [...text].map((character, index) =>
      maskedFrame((index === 0 ? 0x01 : 0x00) | (index === 63 ? 0x80 : 0), Buffer.from(character)),
    );
    socket.write(Buffer.concat(fragments));
    const frames = framesUntilEnd(socket);
    await within(5_000, once(socket, 'data'), () => 'no pong');
    socket.write(maskedFrame(0x88, Buffer.of(0x03, 0xe8)));
    const [pong, close] = await frames;
    expect(JSON.parse(String(pong?.payload))).toMatchObject({ type: 'pong', data: { id: 1 } });
    expect(close?.payload.readUInt16BE(0)).toBe(1000);
  });

  it('answers the close of a client that is done, and loses nothing by it', async () => {
    await using server = await TestServer.start({ timing: { receiptIntervalMs: 1 } });
    const client = await server.plain(1);
    await client.connected(1);
    expect(await client.close()).toMatchObject({ code: 1000 });
    for (const number of [1, 2]) await server.broadcast.feedbackUpdate(1, feedback(number));
    await using again = await server.plain(1);
    expect(numbersOf(await again.publications(2))).toEqual([1, 2]);
    expect((await server.server.status()).total_connections).toBe(1);
  });

  it('asks everybody to come back when the server closes, and finishes what it accepted', async () => {
    const server = await TestServer.start({ timing: { reconnectSpreadMs: 7_000 } });
    await using plain = await server.plain(1);
    await using client = await server.client([1]);
    await client.subscribe(1);
    await plain.connected(1);
    const publishing = range(1, 200).map((number) => server.broadcast.feedbackUpdate(1, feedback(number)));
    const closing = server.close();
    for (const peer of [plain, client]) {
      const goodbye = { code: 1012, reason: 'restarting' };
      expect(await peer.closed()).toEqual(goodbye);
      expect(peer.frames.at(-1)).toMatchObject({
        type: 'disconnect',
        ...goodbye,
        reconnect: true,
        retry_after_ms: 7_000,
      });
    }
    const settled = await Promise.allSettled(publishing);
    await closing;
    expect(settled.filter(({ status }) => status === 'rejected')).toEqual([]);
    await expect(server.broadcast.feedbackUpdate(1, feedback(201))).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it('gives every HTTP request that reached it a definite answer', async () => {
    const reached = new Set<number>();
    const server = await TestServer.start({
      authorize: async (_principal, _action, diagnosisId) => {
        reached.add(diagnosisId);
        await new Promise((resolve) => setTimeout(resolve, 50));
        return true;
      },
    });
    const token = await tokenOf();
    const statuses = new Map<number, number>();
    const requests = range(1, 200).map(async (number) => {
      await new Promise((resolve) => setTimeout(resolve, number * 3));
      const body = { diagnosis_id: number, ...feedback(number) };
      const response = await publish(server.url, 'feedback-update', body, { token });
      statuses.set(number, response.status);
    });
    const settled = Promise.allSettled(requests);
    await until(
      () => statuses.size >= 10,
      () => 'nothing is answered',
    );
    const before = [...reached];
    await server.close();
    await settled;
    expect(before.filter((number) => ![200, 503].includes(statuses.get(number) ?? 0))).toEqual([]);
    expect(before.length).toBeGreaterThan(10);
  });

  it('waits for a peer that does not answer its close only for so long', async () => {
    const server = await TestServer.start({ timing: { closeTimeoutMs: 200 } });
    await using deaf = await server.plain(1);
    await deaf.connected(1);
    deaf.pause();
    const started = performance.now();
    await server.close();
    expect(performance.now() - started).toBeLessThan(4_000);
  });
});

describe('Heartbeat and receipts', () => {
  it.concurrent('pings a client that was silent for 25 seconds, and cuts it without a close frame 10 seconds later', async () => {
    const speed = 15;
    await using server = await TestServer.start({ clock: fastClock(speed) });
    const opened = performance.now();
    await using dead = await server.plain(1, { autoPong: false });
    await dead.connected(1);
    expect(await dead.closed()).toEqual({ code: 1006, reason: '' });
    const seconds = ((performance.now() - opened) * speed) / 1_000;
    expect(seconds).toBeGreaterThan(34);
    expect(seconds).toBeLessThan(60);
    expect(dead.pings).toHaveLength(1);
    expect(dead.frames.map(({ type }) => type)).toEqual(['connect']);
  });

  it.concurrent('keeps a client that answers, and does not ping one that speaks', async () => {
    const speed = 25;
    await using server = await TestServer.start({ clock: fastClock(speed) });
    await using quiet = await server.plain(1);
    await using speaking = await server.client([1]);
    const started = performance.now();
    while ((performance.now() - started) * speed < 80_000) {
      await speaking.settled();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect([quiet.isOpen, speaking.isOpen]).toEqual([true, true]);
    expect(quiet.pings.length).toBeGreaterThanOrEqual(2);
    expect(speaking.pings).toEqual([]);
  });

  it.concurrent('pings at most once a second while publications flow', async () => {
    await using server = await TestServer.start();
    await using client = await server.plain(1);
    await client.connected(1);
    const started = performance.now();
    let number = 0;
    while (performance.now() - started < 1_500) {
      await server.broadcast.feedbackUpdate(1, feedback(++number));
      await client.publications(1);
    }
    expect(client.pings.length).toBeGreaterThanOrEqual(1);
    expect(client.pings.length).toBeLessThanOrEqual(3);
  });
});
