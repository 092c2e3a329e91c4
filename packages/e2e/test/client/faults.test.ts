import { SECRET, TcpProxy, tokenOf, until } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { HttpPublisher } from '../../support/http-publisher.ts';
import { feedback, range } from '../../support/publications.ts';
import { impatientClient, Recorder } from '../../support/sdk-client.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { TestServer, temporaryFolder } from '../../support/test-server.ts';

/** For tests that count connections: a busy machine must not look like a dead one. */
const patient = { intervalMs: 500, timeoutMs: 5_000 };

/** A server, a proxy in front of it, and a client behind that. */
async function connected(options: Parameters<typeof impatientClient>[3] = {}) {
  const server = await TestServer.start();
  const proxy = await TcpProxy.start(server.port);
  const client = impatientClient(proxy.port, 'patient', [1, 2], options);
  const recorder = new Recorder(client, 1);
  await recorder.inState('live');
  let last = 0;
  return {
    server,
    proxy,
    client,
    recorder,
    async publish(count = 1): Promise<number> {
      for (const _ of range(1, count)) await server.broadcast.feedbackUpdate(1, feedback(++last));
      return last;
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await proxy[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

describe.concurrent('a client whose connection is cut', () => {
  it('is given exactly what it missed, in order and marked as recovered', async () => {
    await using situation = await connected();
    const { proxy, recorder, publish } = situation;
    await recorder.reached(await publish(2));
    proxy.refuse();
    proxy.destroy();
    await recorder.inState('waiting');
    await publish(3);
    proxy.pass();
    await recorder.reached(5);
    await recorder.inState('live');
    expect(recorder.subscription.state).toMatchObject({ continuity: { status: 'recovered', count: 3 } });
    await recorder.reached(await publish());
    expect(recorder.handled.map(({ number, recovered }) => [number, recovered])).toEqual([
      [1, false],
      [2, false],
      [3, true],
      [4, true],
      [5, true],
      [6, false],
    ]);
    expect([recorder.faults, recorder.gaps]).toEqual([[], []]);
  });

  it('loses and repeats nothing when it is cut again and again, in the middle of frames', async () => {
    await using situation = await connected();
    const { server, proxy, recorder } = situation;
    await using publisher = new HttpPublisher(() => server.url, 1, 1);
    for (const round of range(1, 25)) {
      const { attempts } = proxy;
      proxy.cutAfter(1 + ((round * 997) % 2_000));
      await until(
        () => proxy.attempts > attempts,
        () => 'nothing is delivered any more',
      );
    }
    const last = await publisher.stop();
    proxy.pass();
    await recorder.reached(last);
    expect(recorder.numbers).toEqual(range(1, last));
    expect([recorder.faults, recorder.gaps]).toEqual([[], []]);
  });

  it('waits for a random time between its attempts, and says until when', async () => {
    await using situation = await connected();
    const { proxy, recorder } = situation;
    proxy.refuse();
    proxy.destroy();
    await until(
      () => proxy.attempts > 5,
      () => 'it gave up',
    );
    const waits = recorder.states.filter(({ name }) => name === 'waiting');
    expect(waits.length).toBeGreaterThan(3);
    for (const state of waits)
      if (state.name === 'waiting') expect(state.retryAt).toBeLessThan(Date.now() + 200);
    proxy.pass();
    await recorder.inState('live');
  });
});

describe.concurrent('a client whose connection is half-open', () => {
  it('finds it by its heartbeat, and goes on without a loss', async () => {
    await using situation = await connected();
    const { proxy, recorder, publish } = situation;
    await recorder.reached(await publish());
    proxy.blackhole();
    await publish(3);
    const since = performance.now();
    await recorder.inState('waiting', 5_000);
    expect(performance.now() - since).toBeLessThan(4_000);
    proxy.pass();
    await recorder.reached(4);
    expect(recorder.numbers).toEqual([1, 2, 3, 4]);
    expect(recorder.faults).toEqual([]);
  });

  it('finds it as well when only what it sends is lost', async () => {
    await using situation = await connected();
    const { proxy, recorder, publish } = situation;
    proxy.blackhole('toServer');
    await recorder.inState('waiting', 5_000);
    proxy.pass();
    await recorder.reached(await publish());
    expect(recorder.faults).toEqual([]);
  });

  it('keeps a connection that is merely slow', async () => {
    await using situation = await connected({ heartbeat: patient });
    const { proxy, recorder, publish } = situation;
    proxy.delay(80);
    for (const _ of range(1, 10)) {
      await publish();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await recorder.reached(10);
    expect(proxy.attempts).toBe(1);
    expect(recorder.numbers).toEqual(range(1, 10));
  });
});

describe.concurrent('a client whose server is killed', () => {
  it('is given every publication once, over four kills and restarts on the same data', async () => {
    await using folder = await temporaryFolder();
    await using server = await ServerProcess.start({ path: `${folder.path}/log.db` });
    using client = impatientClient(server.port, 'patient', [1]);
    const recorder = new Recorder(client, 1);
    await using publisher = new HttpPublisher(() => server.url, 1, 2);
    for (const kill of range(1, 4)) {
      const target = recorder.handled.length + 20 + kill * 7;
      await until(
        () => recorder.handled.length >= target,
        () => 'nothing is delivered any more',
        10_000,
      );
      await server.kill();
      await server.restart();
    }
    const last = await publisher.stop();
    await recorder.reached(last);
    expect(recorder.numbers).toEqual(range(1, last));
    expect([...publisher.offsets.values()]).toEqual(range(1, last)); // no answer was lost or given twice
    expect(new Set(recorder.handled.map(({ epoch }) => epoch)).size).toBe(1);
    expect([recorder.faults, recorder.gaps]).toEqual([[], []]);
    expect(publisher.retries).toBeGreaterThan(0);
  });

  it('is told of the gap when the log was in memory', async () => {
    await using server = await ServerProcess.start();
    using client = impatientClient(server.port, 'patient', [1]);
    const recorder = new Recorder(client, 1);
    await recorder.inState('live');
    await server.publish(1, 1, 3);
    await recorder.reached(3);
    await server.kill();
    await server.restart();
    await server.publish(1, 4, 5);
    await recorder.reached(5);
    expect(recorder.numbers).toEqual([1, 2, 3, 4, 5]);
    expect(recorder.gaps).toMatchObject([
      { reason: 'epoch_changed', lastSeen: { offset: 3 }, from: { offset: 0 } },
    ]);
    expect(recorder.faults).toEqual([]);
  });

  it('comes back after a restart that says goodbye, within the time that the server asks for', async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/log.db`;
    const before = await TestServer.start({ path, timing: { reconnectSpreadMs: 300 } });
    using client = impatientClient(before.port, 'patient', [1]);
    const recorder = new Recorder(client, 1);
    await recorder.inState('live');
    await before.broadcast.feedbackUpdate(1, feedback(1));
    await recorder.reached(1);
    const closing = before.close();
    await recorder.inState('waiting');
    const { state } = recorder.subscription;
    expect(state.name === 'waiting' && state.retryAt <= Date.now() + 300).toBe(true);
    await closing;
    await using after = await TestServer.start({ path }, before.port);
    await after.broadcast.feedbackUpdate(1, feedback(2));
    await recorder.reached(2);
    expect(recorder.numbers).toEqual([1, 2]);
    expect(recorder.faults).toEqual([]);
  });
});

describe.concurrent('a client whose token ends', () => {
  const auth = { secret: SECRET, clockToleranceMs: 0 };
  /** Long enough for a refresh in its last tenth, also on a busy machine. */
  const LIFETIME_S = 8;

  it('refreshes it on the open connection and loses nothing', async () => {
    await using server = await TestServer.start({ auth });
    await using proxy = await TcpProxy.start(server.port);
    let tokens = 0;
    using client = impatientClient(proxy.port, 'patient', [1], {
      // The one connection has to last: a busy machine must not look like a dead peer.
      timeoutMs: 10_000,
      heartbeat: { intervalMs: 25_000, timeoutMs: 10_000 },
      getToken: () => {
        tokens++;
        return tokenOf({ diagnoses: [1], expiresInSeconds: LIFETIME_S });
      },
    });
    const recorder = new Recorder(client, 1);
    await using publisher = new HttpPublisher(() => server.url, 1, 5);
    // Until after the end of the first token.
    const end = performance.now() + LIFETIME_S * 1_000 + 500;
    await until(
      () => tokens >= 2 && performance.now() > end,
      () => `only ${tokens} tokens`,
      20_000,
    );
    const last = await publisher.stop();
    await recorder.reached(last);
    expect(recorder.numbers).toEqual(range(1, last));
    expect([recorder.faults, recorder.gaps, proxy.attempts]).toEqual([[], [], 1]);
  });

  it('reconnects with a fresh one when the refresh did not succeed in time', async () => {
    await using server = await TestServer.start({ auth });
    await using proxy = await TcpProxy.start(server.port);
    let tokens = 0;
    let down = false;
    using client = impatientClient(proxy.port, 'patient', [1], {
      getToken: async () => {
        if (down) throw new Error('no tokens now');
        tokens++;
        return tokenOf({ diagnoses: [1], expiresInSeconds: tokens === 1 ? 2.5 : 3_600 });
      },
    });
    const recorder = new Recorder(client, 1);
    await recorder.inState('live');
    down = true;
    await using publisher = new HttpPublisher(() => server.url, 1, 5);
    const expired = () => server.logger.find('connection ended', { reason: 'token_expired' }) !== undefined;
    await until(expired, () => 'the session did not end');
    down = false;
    await until(
      () => proxy.attempts > 1 && recorder.subscription.state.name === 'live',
      () => 'never live again',
    );
    const last = await publisher.stop();
    await recorder.reached(last);
    expect(recorder.numbers).toEqual(range(1, last));
    expect([recorder.faults, recorder.gaps]).toEqual([[], []]);
  });
});
