import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { tokenOf, within } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { Bystander } from '../../support/bystander.ts';
import { publish } from '../../support/http.ts';
import { type feedback, offsetsOf, range } from '../../support/publications.ts';
import { RawClient } from '../../support/raw-client.ts';
import { maskedFrame, rawHandshake } from '../../support/raw-socket.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { temporaryFolder } from '../../support/test-server.ts';

// The servers have processes of their own, so that what they hold can be told from what the tests hold.

const MB = 1_048_576;

/** What JavaScript holds, and what it holds outside of its heap. */
const held = ({ heapUsed, external }: NodeJS.MemoryUsage) => heapUsed + external;

function byHttp(url: string) {
  return async (diagnosisId: number, body: ReturnType<typeof feedback>) =>
    (await (await publish(url, 'feedback-update', { diagnosis_id: diagnosisId, ...body })).json()) as {
      offset: number;
    };
}

/** Writes the same bytes again and again until the peer takes no more, or cuts the connection. Returns how often. */
async function flood(socket: Duplex, bytes: Buffer, most: number): Promise<number> {
  for (const count of range(1, most)) {
    if (socket.destroyed) return count;
    if (socket.write(bytes)) continue;
    const taken = new Promise((resolve) => {
      socket.once('drain', () => resolve(true));
      socket.once('close', () => resolve(false));
    });
    if (!(await Promise.race([taken, delay(1_000, false)]))) return count;
  }
  return most;
}

describe('a reader that is paused while 200,000 messages pass', () => {
  it('costs less than 2 MB, and gets a gap and then the retained rest', { timeout: 90_000 }, async () => {
    await using folder = await temporaryFolder();
    await using server = await ServerProcess.start({ path: `${folder.path}/log.db` });
    const token = await tokenOf({ sub: 'fast', diagnoses: [1] });
    await using fast = await RawClient.plain(server.url, 1, { token });
    await using paused = await RawClient.plain(server.url, 1, {
      token: await tokenOf({ sub: 'paused', diagnoses: [1] }),
    });
    let expected = 0;
    const pass = async (messages: number) => {
      const last = expected + messages;
      let publishing: Promise<unknown> = server.publish(1, expected + 1, expected + 500);
      while (expected < last) {
        await publishing;
        // One batch is published while the one before is read: never more than the log retains.
        if (expected + 500 < last) publishing = server.publish(1, expected + 501, expected + 1_000);
        const batch = await fast.publications(500);
        fast.frames.splice(0, batch.length);
        fast.rewind(0);
        // The fast reader sees every one, at the pace at which they are published.
        expect(offsetsOf(batch)).toEqual(range(expected + 1, expected + 500));
        expected += 500;
      }
    };
    await fast.connected(1);
    fast.frames.splice(0);
    fast.rewind(0);
    await pass(20_000); // everything is compiled, and the log is full
    await paused.next(({ offset }) => offset === expected);
    paused.frames.splice(0);
    paused.rewind(0);
    const idle = await server.memory();

    paused.pause();
    await pass(200_000);
    const waiting = await server.memory();
    console.log(
      `held for a paused reader: ${((held(waiting) - held(idle)) / MB).toFixed(2)} MB, resident ${((waiting.rss - idle.rss) / MB).toFixed(1)} MB`,
    );
    expect(held(waiting) - held(idle)).toBeLessThan(2 * MB);

    paused.resume();
    const { data } = await paused.connected(1);
    if (data.recovery.status !== 'gap') throw new Error(`not a gap: ${JSON.stringify(data)}`);
    const epoch = data.epoch;
    expect(data.recovery).toMatchObject({
      reason: 'retention',
      first_available: `${epoch}:${expected - 999}`,
      to: `${epoch}:${expected}`,
      count: 1_000,
    });
    await paused.publications(1_000);
    await pass(1_000);
    await paused.next(({ offset }) => offset === expected);
    const lastSeen = Number(data.recovery.last_seen.split(':')[1]);
    expect(offsetsOf(paused.frames)).toEqual([
      ...range(20_001, lastSeen),
      ...range(expected - 1_999, expected),
    ]);
  });
});

describe('a burst that is published in one turn', () => {
  it('is not held for a paused reader either, which gets all of it later', async () => {
    await using folder = await temporaryFolder();
    await using server = await ServerProcess.start({ path: `${folder.path}/log.db` });
    await using paused = await RawClient.plain(server.url, 1, { token: await tokenOf({ diagnoses: [1] }) });
    const comment = 'x'.repeat(30_000);
    await server.publish(1, 1, 100, comment); // everything is compiled
    await paused.publications(100);
    paused.pause();
    const idle = await server.memory();
    await server.publish(1, 101, 1_000, comment);
    const waiting = await server.memory();
    console.log(`held after a burst of 27 MB: ${((held(waiting) - held(idle)) / MB).toFixed(2)} MB`);
    expect(held(waiting) - held(idle)).toBeLessThan(5 * MB);
    paused.resume();
    await paused.publications(900);
    expect(offsetsOf(paused.frames)).toEqual(range(1, 1_000));
  });
});

describe('many connections that send what never ends', () => {
  it('are closed, and hold nothing: 50 times 16,000 fragments of one byte', async () => {
    await using server = await ServerProcess.start();
    await using bystander = await Bystander.start(server.url, byHttp(server.url));
    await bystander.check();
    const before = await server.memory();
    const fragments = Buffer.concat([maskedFrame(0x01, '{'), ...Array(16_000).fill(maskedFrame(0x00, ' '))]);
    const sockets = await Promise.all(range(1, 50).map(() => rawHandshake(server.port)));
    const closed = sockets.map((socket) => once(socket.resume(), 'close'));
    for (const socket of sockets) socket.write(fragments);
    await within(5_000, Promise.all(closed), () => 'not every connection was closed');
    const after = await server.memory();
    expect(held(after) - held(before)).toBeLessThan(2 * MB);
    expect(after.rss - before.rss).toBeLessThan(40 * MB);
    await bystander.check();
  });

  it('are held within bounds while they stay below every limit: 50 times 63 fragments of 1,000 bytes', async () => {
    await using server = await ServerProcess.start();
    const before = await server.memory();
    const fragments = Buffer.concat([
      maskedFrame(0x01, `{"pad":"${'x'.repeat(992)}`),
      ...Array(62).fill(maskedFrame(0x00, 'x'.repeat(1_000))),
    ]);
    const sockets = await Promise.all(range(1, 50).map(() => rawHandshake(server.port)));
    for (const socket of sockets) socket.write(fragments);
    await delay(300);
    const during = await server.memory();
    expect(held(during) - held(before)).toBeLessThan(50 * 200_000);
    for (const socket of sockets) socket.destroy();
  });
});

describe('a peer that floods with pings and reads nothing', () => {
  it('holds nothing, and the bystander does not notice', async () => {
    await using server = await ServerProcess.start();
    await using bystander = await Bystander.start(server.url, byHttp(server.url));
    await bystander.check();
    const before = await server.memory();
    const socket = await rawHandshake(server.port);
    socket.pause();
    const bytes = Buffer.concat(Array(1_000).fill(maskedFrame(0x89, 'x'.repeat(125))));
    const sent = await flood(socket, bytes, 200);
    const during = await server.memory();
    console.log(`ping flood: ${sent},000 sent, held ${((held(during) - held(before)) / MB).toFixed(2)} MB`);
    expect(held(during) - held(before)).toBeLessThan(2 * MB);
    await bystander.check();
    socket.destroy();
  });

  it('holds nothing either when the pings are commands', async () => {
    await using server = await ServerProcess.start();
    await using bystander = await Bystander.start(server.url, byHttp(server.url));
    await bystander.check();
    await using client = await RawClient.authenticated(server.url, await tokenOf({ sub: 'flood' }));
    const bytes = Buffer.concat(
      Array(1_000).fill(maskedFrame(0x81, '{"type":"ping","id":"xxxxxxxxxxxxxxxxxxxxxxxx"}')),
    );
    client.socket.write(bytes);
    await client.settled();
    const before = await server.memory();
    client.pause();
    const sent = await flood(client.socket, bytes, 200);
    const during = await server.memory();
    console.log(
      `command flood: ${sent},000 sent, held ${((held(during) - held(before)) / MB).toFixed(2)} MB`,
    );
    expect(held(during) - held(before)).toBeLessThan(5 * MB);
    expect(sent).toBeLessThan(200); // the server reads no more
    await bystander.check();
  });
});
