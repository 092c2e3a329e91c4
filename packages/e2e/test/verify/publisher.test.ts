import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Recorded } from '@vitalwire/server/verify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Random } from '../../support/random.ts';
import { Publisher } from '../../verify/publisher.ts';

describe('a publisher of a run whose server is gone', () => {
  async function publishing() {
    const refusing = createServer((connection) => connection.destroy());
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void refusing.close());
    const events: Recorded[] = [];
    const publisher = new Publisher({
      name: 'backend',
      topics: [1],
      users: ['ann'],
      rate: 200,
      port: (refusing.address() as AddressInfo).port,
      recorder: { record: (event) => events.push(event) },
      random: new Random(1),
    });
    publisher.start();
    await expect.poll(() => publisher.open).toBeGreaterThan(20);
    return { publisher, events };
  }

  it('goes on trying until it is ended, and then asks nothing more', async () => {
    const { publisher, events } = await publishing();
    await publisher.end();
    expect(publisher.open).toBe(0);
    const begun = events.filter(({ type }) => type === 'publish.begun');
    const settled = events.filter(({ type }) => type === 'publish.unknown');
    expect(settled.length).toBe(begun.length);
    const known = events.length;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(events.length).toBe(known);
  });

  it('gives up also what it insists on', async () => {
    const { publisher } = await publishing();
    const insisting = publisher.insist(1);
    const refused = expect(insisting).rejects.toThrow(/^backend\/1\/\d+ was given up: /);
    await publisher.end();
    await refused;
  });
});
