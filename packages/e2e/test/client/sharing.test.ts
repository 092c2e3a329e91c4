import type { Client } from '@vitalwire/client';
import { until } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { feedback, range } from '../../support/publications.ts';
import { impatientClient, Recorder } from '../../support/sdk-client.ts';
import { TestServer } from '../../support/test-server.ts';

/** What a client says about topics, in order. */
function commandsOf(client: Client): unknown[] {
  const commands: unknown[] = [];
  client.inspect((event) => {
    if (event.type !== 'frame' || event.direction !== 'out') return;
    const type = event.frame?.['type'];
    if (type === 'subscribe' || type === 'unsubscribe') commands.push(type);
  });
  return commands;
}

describe('two subscriptions of one diagnosis', () => {
  it('share one at the server, and are each given everything', async () => {
    await using server = await TestServer.start();
    using client = impatientClient(server.port, 'patient', [1]);
    const commands = commandsOf(client);
    const recorders = [new Recorder(client, 1), new Recorder(client, 1)];
    for (const recorder of recorders) await recorder.inState('live');
    for (const number of range(1, 20)) await server.broadcast.feedbackUpdate(1, feedback(number));
    client.reconnect();
    for (const number of range(21, 40)) await server.broadcast.feedbackUpdate(1, feedback(number));
    for (const recorder of recorders) {
      await recorder.reached(40);
      expect(recorder.numbers).toEqual(range(1, 40));
      expect([recorder.faults, recorder.gaps]).toEqual([[], []]);
    }
    expect(commands).toEqual(['subscribe', 'subscribe']);
  });

  it('do not hold up each other, though one is slow and has to be caught up from the log', async () => {
    await using server = await TestServer.start();
    using client = impatientClient(server.port, 'patient', [1], { maxWaitingPublications: 20 });
    const slow = new Recorder(client, 1, { handlerMs: 3 });
    const quick = new Recorder(client, 1);
    for (const recorder of [slow, quick]) await recorder.inState('live');
    await Promise.all(range(1, 300).map((number) => server.broadcast.feedbackUpdate(1, feedback(number))));
    await quick.reached(300);
    const { length } = slow.handled;
    await slow.reached(300);
    expect(length).toBeLessThan(300);
    for (const recorder of [slow, quick]) {
      expect(recorder.numbers).toEqual(range(1, 300));
      expect([recorder.faults, recorder.gaps]).toEqual([[], []]);
    }
  });
});

describe('a subscription that ends and is replaced', () => {
  it('says nothing to the server, as in StrictMode and at a change of route', async () => {
    await using server = await TestServer.start();
    using client = impatientClient(server.port, 'patient', [1], { lingerMs: 5_000 });
    const commands = commandsOf(client);
    new Recorder(client, 1).subscription.unsubscribe();
    const before = new Recorder(client, 1);
    await before.inState('live');
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await before.reached(1);
    before.subscription.unsubscribe();
    const after = new Recorder(client, 1);
    await after.inState('live');
    await server.broadcast.feedbackUpdate(1, feedback(2));
    await after.reached(2);
    expect([before.numbers, after.numbers, commands]).toEqual([[1], [2], ['subscribe']]);
  });

  it('misses nothing of what was published between the two', async () => {
    await using server = await TestServer.start();
    using client = impatientClient(server.port, 'patient', [1], { lingerMs: 5_000 });
    const before = new Recorder(client, 1);
    await before.inState('live');
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await before.reached(1);
    before.subscription.unsubscribe();
    for (const number of [2, 3]) await server.broadcast.feedbackUpdate(1, feedback(number));
    const after = new Recorder(client, 1);
    await after.reached(3);
    await after.inState('live');
    expect([after.numbers, after.faults, after.gaps]).toEqual([[2, 3], [], []]);
  });

  it('is left at the server when nobody comes', async () => {
    await using server = await TestServer.start();
    using client = impatientClient(server.port, 'patient', [1, 2], { lingerMs: 50 });
    const other = new Recorder(client, 2);
    const recorder = new Recorder(client, 1);
    await recorder.inState('live');
    await other.inState('live');
    const counted = async () => (await server.server.status()).connections_by_diagnosis;
    expect(await counted()).toEqual({ 1: 1, 2: 1 });
    recorder.subscription.unsubscribe();
    let now: object = {};
    await until(
      async () => {
        now = await counted();
        return !('1' in now);
      },
      () => JSON.stringify(now),
    );
  });
});
