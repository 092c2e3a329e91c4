import type { ClientOptions } from '@vitalwire/client';
import { shareAcrossTabs } from '@vitalwire/client/tabs';
import { TcpProxy, tokenOf, until } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { HttpPublisher } from '../../support/http-publisher.ts';
import { feedback, range } from '../../support/publications.ts';
import { Random } from '../../support/random.ts';
import { impatientClient, Recorder } from '../../support/sdk-client.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { TestServer, temporaryFolder } from '../../support/test-server.ts';
import { withoutAWord } from '../../support/without-a-word.ts';

const TOPIC = 1;

/** Clients that share a connection as tabs of one browser do. Node has what it takes, too. */
async function browser() {
  const server = await TestServer.start({ retention: { publications: 10_000 } });
  const proxy = await TcpProxy.start(server.port);
  const opened: Disposable[] = [];
  let last = 0;
  return {
    server,
    proxy,
    /** Opens a tab. */
    async tab({
      sub = 'ann',
      diagnoses = [TOPIC],
      watched = TOPIC,
      ...options
    }: Partial<ClientOptions> & { sub?: string; diagnoses?: number[]; watched?: number } = {}) {
      const client = impatientClient(proxy.port, sub, diagnoses, {
        transport: shareAcrossTabs(),
        // Many clients in one process keep each other waiting.
        heartbeat: { intervalMs: 500, timeoutMs: 3_000 },
        timeoutMs: 3_000,
        ...options,
      });
      opened.push(client);
      const recorder = new Recorder(client, watched);
      await recorder.inState('live', 15_000);
      return { client, recorder };
    },
    async publish(count = 1): Promise<number> {
      for (const _ of range(1, count)) await server.broadcast.feedbackUpdate(TOPIC, feedback(++last));
      return last;
    },
    async connections(count: number): Promise<void> {
      await until(
        () => proxy.connections === count,
        () => `${proxy.connections} connections instead of ${count}`,
      );
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) one[Symbol.dispose]();
      await proxy[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

const faultless = (...tabs: { recorder: Recorder }[]) =>
  expect(tabs.flatMap(({ recorder }) => [...recorder.faults, ...recorder.gaps])).toEqual([]);

// Node 22 has no Web Locks.
describe.skipIf(!globalThis.navigator?.locks)('tabs that share a connection', () => {
  it('have one, and each is given everything once and in order', async () => {
    await using window = await browser();
    const tabs = [await window.tab(), await window.tab(), await window.tab()];
    await window.connections(1);
    expect(window.proxy.attempts).toBe(1);
    const last = await window.publish(50);
    for (const { recorder } of tabs) {
      await recorder.reached(last);
      expect(recorder.numbers).toEqual(range(1, last));
    }
    faultless(...tabs);
  });

  it('go on where they were when the one that has the connection is closed', async () => {
    await using window = await browser();
    const tabs = [await window.tab(), await window.tab(), await window.tab()];
    const before = await window.publish(3);
    for (const { recorder } of tabs) await recorder.reached(before);
    tabs[0]?.client.close();
    const last = await window.publish(5);
    for (const { recorder } of tabs.slice(1)) {
      await recorder.reached(last);
      expect(recorder.numbers).toEqual(range(1, last));
    }
    await window.connections(1);
    faultless(...tabs);
  });

  it('go on where they were when the one that has the connection dies without a word', async () => {
    await using window = await browser();
    const tabs = [await window.tab(), await window.tab(), await window.tab()];
    const before = await window.publish(3);
    for (const { recorder } of tabs) await recorder.reached(before);
    withoutAWord(() => tabs[0]?.client.close());
    const last = await window.publish(5);
    for (const { recorder } of tabs.slice(1)) {
      await recorder.reached(last);
      expect(recorder.numbers).toEqual(range(1, last));
    }
    await window.connections(1);
    faultless(...tabs);
  });

  it('are as many as are open: one that is opened later begins with what comes then', async () => {
    await using window = await browser();
    const first = await window.tab();
    await first.recorder.reached(await window.publish(3));
    const second = await window.tab();
    expect(second.recorder.subscription.state).toMatchObject({
      continuity: { status: 'live', fresh: true, count: 0 },
    });
    const last = await window.publish(2);
    await second.recorder.reached(last);
    expect(second.recorder.numbers).toEqual([4, 5]);
    faultless(first, second);
  });

  it('are given what they missed while they were disconnected, with its number', async () => {
    await using window = await browser();
    const tabs = [await window.tab(), await window.tab()];
    const [, away] = tabs as [(typeof tabs)[0], (typeof tabs)[0]];
    await away.recorder.reached(await window.publish(2));
    away.client.disconnect();
    await tabs[0]?.recorder.reached(await window.publish(4));
    away.client.connect();
    await away.recorder.reached(6);
    await away.recorder.inState('live');
    expect(away.recorder.subscription.state).toMatchObject({ continuity: { status: 'recovered', count: 4 } });
    expect(window.proxy.attempts).toBe(1);
    faultless(...tabs);
  });

  it('have a connection of their own where what they missed is no longer at hand in another tab', async () => {
    await using window = await browser();
    const tabs = [await window.tab(), await window.tab()];
    const [, away] = tabs as [(typeof tabs)[0], (typeof tabs)[0]];
    await away.recorder.reached(await window.publish(1));
    away.client.disconnect();
    await tabs[0]?.recorder.reached(await window.publish(1_200), 20_000);
    away.client.connect();
    await away.recorder.reached(1_201, 20_000);
    expect(away.recorder.numbers).toEqual(range(1, 1_201));
    await window.connections(2);
    faultless(...tabs);
  });

  it('of another user share nothing with them', async () => {
    await using window = await browser();
    const ann = await window.tab();
    const bob = await window.tab({ sub: 'bob' });
    await window.connections(2);
    await window.server.broadcast.feedbackUpdate(TOPIC, feedback(1), { to: 'ann' });
    await window.server.broadcast.feedbackUpdate(TOPIC, feedback(2));
    await bob.recorder.reached(2);
    await ann.recorder.reached(2);
    expect([ann.recorder.numbers, bob.recorder.numbers]).toEqual([[1, 2], [2]]);
  });

  it('with a token that allows more ask by themselves', async () => {
    await using window = await browser();
    const first = await window.tab();
    const second = await window.tab({ diagnoses: [TOPIC, 2], watched: 2 });
    expect(second.recorder.subscription.state.name).toBe('live');
    await window.connections(2);
    faultless(first);
  });

  it('subscribe to what another tab has already, also in the one that has the connection', async () => {
    await using window = await browser();
    const first = await window.tab({ watched: 2, diagnoses: [TOPIC, 2] });
    const second = await window.tab({ diagnoses: [TOPIC, 2] });
    const last = await window.publish(3);
    await second.recorder.reached(last);
    const late = new Recorder(first.client, TOPIC);
    await late.inState('live');
    await late.reached(await window.publish(2));
    expect(late.numbers).toEqual([4, 5]);
    await window.connections(1);
    faultless(second, { recorder: late });
  });

  it('leave a topic when the last of them leaves it, and may come back at once', async () => {
    await using window = await browser();
    const tabs = [await window.tab(), await window.tab()];
    for (const { recorder } of tabs) recorder.subscription.unsubscribe();
    const again = tabs.map(({ client }) => new Recorder(client, TOPIC));
    const last = await window.publish(3);
    for (const recorder of again) {
      await recorder.reached(last);
      expect(recorder.numbers).toEqual(range(1, last));
    }
    await window.connections(1);
  });

  it('go alone when the one that has the connection does not answer, also when it did before', {
    timeout: 30_000,
  }, async () => {
    await using window = await browser();
    const key = `vitalwire.tabs.1:ann:ws://127.0.0.1:${window.proxy.port}/ws`;
    let release = () => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    void navigator.locks.request(key, () => hanging);
    const first = await window.tab();
    await first.recorder.reached(await window.publish());
    // From here on it answers the first hello of a tab, and nothing after it.
    const channel = new BroadcastChannel(key);
    const greeted = new Set<string>();
    channel.onmessage = (event) => {
      const { kind, from } = (event as MessageEvent).data;
      if (kind !== 'hello' || greeted.has(from)) return;
      greeted.add(from);
      channel.postMessage({ kind: 'welcome', from: 'leader', to: [from] });
    };
    try {
      const second = await window.tab({
        heartbeat: { intervalMs: 25_000, timeoutMs: 25_000 },
        timeoutMs: 25_000,
      });
      expect(greeted.size).toBe(1);
      await second.recorder.reached(await window.publish());
      faultless(first, second);
    } finally {
      channel.close();
      release();
    }
  });

  it('never pass a token on', async () => {
    await using window = await browser();
    const heard: string[] = [];
    const key = `vitalwire.tabs.1:ann:ws://127.0.0.1:${window.proxy.port}/ws`;
    const channel = new BroadcastChannel(key);
    channel.onmessage = (event) => {
      heard.push(JSON.stringify((event as MessageEvent).data));
    };
    try {
      await window.tab();
      const { recorder } = await window.tab();
      await recorder.reached(await window.publish());
      await until(
        () => heard.some((note) => note.includes('feedback_update')),
        () => heard.join('\n'),
      );
      expect(heard.join()).not.toContain('eyJ');
      expect(heard.join()).not.toContain('authenticate');
    } finally {
      channel.close();
    }
  });

  it('are given every publication once and in order, whatever happens', { timeout: 60_000 }, async () => {
    const seed = Number(process.env['VITALWIRE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`tabs at random: VITALWIRE_TEST_SEED=${seed}`);
    const random = new Random(seed);
    await using folder = await temporaryFolder();
    await using server = await ServerProcess.start({
      path: `${folder.path}/log.db`,
      retention: { publications: 1_000_000 },
      timing: { receiptIntervalMs: 50 },
    });
    await using proxy = await TcpProxy.start(server.port);
    const open = () => {
      const client = impatientClient(proxy.port, 'ann', [], {
        transport: shareAcrossTabs(),
        getToken: () => tokenOf({ sub: 'ann', diagnoses: [1, 2], expiresInSeconds: 8 }),
        heartbeat: { intervalMs: 200, timeoutMs: 1_500 },
        maxWaitingPublications: random.pick([5, 50, 1_000]),
      });
      const handlerMs = random.pick([0, 0, 1]);
      return { client, recorders: [1, 2].map((topic) => new Recorder(client, topic, { handlerMs })) };
    };
    const tabs = range(1, 4).map(open);
    const closed: typeof tabs = [];
    // Nobody begins later than with the first publication.
    for (const { recorders } of tabs) for (const recorder of recorders) await recorder.inState('live');
    const publishers = [1, 2].map((topic) => new HttpPublisher(() => server.url, topic, 4));

    const counts = new Map<string, number>();
    const end = performance.now() + 10_000;
    while (performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 20 + 150 * random.next()));
      const what = random.pick([
        'cut',
        'cut in a frame',
        'blackhole',
        'delay',
        'pass',
        'away',
        'close',
        'new',
      ]);
      if (what === 'close' && tabs.length < 3) continue;
      counts.set(what, (counts.get(what) ?? 0) + 1);
      const index = Math.floor(random.next() * tabs.length);
      const tab = tabs[index];
      if (what === 'cut') proxy.destroy();
      else if (what === 'cut in a frame') proxy.cutAfter(1 + Math.floor(2_000 * random.next()));
      else if (what === 'blackhole') proxy.blackhole();
      else if (what === 'delay') proxy.delay(Math.floor(60 * random.next()));
      else if (what === 'pass') proxy.pass();
      else if (what === 'new') tabs.push(open());
      else if (what === 'close') {
        tab?.client.close();
        closed.push(...tabs.splice(index, 1));
      } else {
        tab?.client.disconnect();
        setTimeout(() => tab?.client.connect(), 300 * random.next());
      }
      if (random.next() < 0.5) setTimeout(() => proxy.pass(), 400 * random.next());
    }
    proxy.pass();
    // Nobody begins after the last publication.
    for (const { recorders } of tabs)
      for (const recorder of recorders) await recorder.inState('live', 20_000);
    const lasts = await Promise.all(publishers.map((publisher) => publisher.stop()));
    for (const { recorders } of tabs) {
      for (const [index, recorder] of recorders.entries()) await recorder.reached(lasts[index] ?? 0, 20_000);
    }
    let recovered = 0;
    for (const { recorders } of [...tabs, ...closed]) {
      for (const { numbers, handled, faults, gaps } of recorders) {
        // A tab that was opened in the middle, or closed, has a part without a hole.
        const first = Number(numbers[0] ?? 1);
        expect(numbers, `seed ${seed}`).toEqual(range(first, first + numbers.length - 1));
        expect([faults, gaps], `seed ${seed}`).toEqual([[], []]);
        recovered += handled.filter((one) => one.recovered).length;
      }
    }
    console.log(
      `tabs at random: ${JSON.stringify(Object.fromEntries(counts))}, ${tabs.length + closed.length} tabs, ${proxy.attempts} connections, ${lasts} published, ${recovered} recovered`,
    );
    expect(recovered).toBeGreaterThan(100);
    for (const { client } of tabs) client.close();
  });
});
