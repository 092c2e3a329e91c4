import { TcpProxy, tokenOf } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { HttpPublisher } from '../../support/http-publisher.ts';
import { range } from '../../support/publications.ts';
import { Random } from '../../support/random.ts';
import { impatientClient, Recorder } from '../../support/sdk-client.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { temporaryFolder } from '../../support/test-server.ts';

const DURATION_MS = 10_000;

describe('clients under faults of every kind, at random', () => {
  it('are given every publication once and in order', { timeout: 60_000 }, async () => {
    const seed = Number(process.env['VITALWIRE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`random faults: VITALWIRE_TEST_SEED=${seed}`);
    const source = new Random(seed);
    const random = () => source.next();
    const pick = <T>(...choices: T[]): T => source.pick(choices);

    await using folder = await temporaryFolder();
    await using server = await ServerProcess.start({
      path: `${folder.path}/log.db`,
      retention: { publications: 1_000_000 },
      clockToleranceMs: 0,
      timing: { receiptIntervalMs: 50 },
    });
    const users = await Promise.all(
      range(1, 4).map(async (number) => {
        const proxy = await TcpProxy.start(server.port);
        const sub = `user ${number}`;
        const client = impatientClient(proxy.port, sub, [], {
          getToken: () => {
            if (random() < 0.1) throw new Error('no token now');
            return tokenOf({ sub, diagnoses: [1, 2], expiresInSeconds: 1.5 + 3 * random() });
          },
          maxWaitingPublications: pick(5, 50, 1_000),
        });
        const handlerMs = pick(0, 0, 1);
        return {
          proxy,
          client,
          recorders: [1, 2].map((topic) => new Recorder(client, topic, { handlerMs })),
        };
      }),
    );
    const publishers = [1, 2].map((topic) => new HttpPublisher(() => server.url, topic, 4));

    const counts = new Map<string, number>();
    const end = performance.now() + DURATION_MS;
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20 + 150 * random()));
      const { proxy, client } = pick(...users);
      const fault = pick(
        'cut',
        'cut',
        'cut in a frame',
        'blackhole',
        'one way',
        'refuse',
        'delay',
        'reconnect',
        'pass',
        'kill',
      );
      // A restart takes long; a few are enough.
      if (fault === 'kill' && (random() < 0.7 || (counts.get('kill') ?? 0) >= 2)) continue;
      counts.set(fault, (counts.get(fault) ?? 0) + 1);
      if (fault === 'cut') proxy.destroy();
      else if (fault === 'cut in a frame')
        proxy.cutAfter(1 + Math.floor(2_000 * random()), pick('toClient', 'toServer'));
      else if (fault === 'blackhole') proxy.blackhole();
      else if (fault === 'one way') proxy.blackhole(pick('toClient', 'toServer'));
      else if (fault === 'refuse') proxy.refuse();
      else if (fault === 'delay') proxy.delay(Math.floor(60 * random()));
      else if (fault === 'reconnect') client.reconnect();
      else if (fault === 'pass') proxy.pass();
      else {
        await server.kill();
        await server.restart();
      }
      if (fault !== 'kill' && random() < 0.5) setTimeout(() => proxy.pass(), 400 * random());
    }

    for (const { proxy } of users) proxy.pass();
    const lasts = await Promise.all(publishers.map((publisher) => publisher.stop()));
    for (const { recorders } of users) {
      for (const [index, recorder] of recorders.entries()) {
        const last = lasts[index] ?? 0;
        await recorder.reached(last, 20_000);
        expect(recorder.numbers, `seed ${seed}`).toEqual(range(1, last));
        expect([recorder.faults, recorder.gaps], `seed ${seed}`).toEqual([[], []]);
      }
    }
    for (const [index, publisher] of publishers.entries()) {
      expect([...publisher.offsets.values()]).toEqual(range(1, lasts[index] ?? 0));
    }
    const attempts = users.reduce((sum, { proxy }) => sum + proxy.attempts, 0);
    const recovered = users
      .flatMap(({ recorders }) => recorders.flatMap(({ handled }) => handled))
      .filter((h) => h.recovered);
    console.log(
      `random faults: ${JSON.stringify(Object.fromEntries(counts))}, ${attempts} connections, ${lasts} published, ${recovered.length} recovered`,
    );
    // Otherwise nothing was proven.
    expect(attempts).toBeGreaterThan(users.length * 5);
    expect(recovered.length).toBeGreaterThan(100);
    for (const { client, proxy } of users) {
      client.close();
      await proxy[Symbol.asyncDispose]();
    }
  });
});
