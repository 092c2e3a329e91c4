import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bare } from '../../src/load/drivers/bare.ts';
import { Population } from '../../src/load/population.ts';

/** A server that says what the test tells it to. */
let server: Server;
const sockets: Socket[] = [];
let population: Population;

beforeEach(async () => {
  server = createServer((socket) => {
    sockets.push(socket);
    socket.once('data', () => socket.write(frame('{"type":"connect"}')));
    socket.on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  population = new Population((server.address() as AddressInfo).port, bare, 1);
  await population.connect(2);
});

afterEach(() => {
  population.cut();
  server.close();
  sockets.length = 0;
});

function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);
}

/** Sends publications of these offsets to everybody, except to who is left out. */
async function publish(offsets: readonly number[], { except }: { except?: number } = {}): Promise<void> {
  const arrived = population.allArrived(200);
  sockets.forEach((socket, index) => {
    const frames = offsets.map((offset) => frame(`{"offset":${offset}}`));
    if (index !== except) socket.write(Buffer.concat(frames));
  });
  await arrived;
}

describe('Population', () => {
  it('finds nothing wrong when everybody receives everything in order', async () => {
    population.expectForAll(3);
    await publish([1, 2, 3]);
    expect(population.received).toBe(6);
    expect(population.problems).toEqual([]);
  });

  it('finds what one subscriber did not receive', async () => {
    population.expectForAll(1);
    await publish([1], { except: 1 });
    expect(population.problems).toEqual(['1 publications did not arrive']);
  });

  it('finds a hole that a later publication shows', async () => {
    population.expectForAll(2);
    await publish([1, 3]);
    expect([...population.problems].sort()).toEqual([
      'subscriber 0: received 3 after 1',
      'subscriber 1: received 3 after 1',
    ]);
  });

  it('finds what came twice, and in another order', async () => {
    population.expectForAll(3);
    await publish([1, 1, 2]);
    expect(population.problems).toContain('subscriber 0: received 1 after 1');
    population.expectForAll(2);
    await publish([4, 3]);
    expect(population.problems).toContain('subscriber 0: received 4 after 2');
  });

  it('finds what nobody sent', async () => {
    population.expectForAll(1);
    await publish([1, 2]);
    await expect.poll(() => population.problems).toContain('a publication arrived that nobody sent');
  });

  it('finds a connection that the server ended', async () => {
    sockets[0]?.end();
    await expect.poll(() => population.problems).toEqual(['subscriber 0: the server ended the connection']);
  });

  it('counts what it does not keep', () => {
    for (let count = 0; count < 12; count++) population.note('wrong');
    expect(population.problems).toHaveLength(11);
    expect(population.problems.at(-1)).toBe('and 2 more');
  });
});
