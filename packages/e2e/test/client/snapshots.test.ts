import type { Client, Snapshot } from '@vitalwire/client';
import type { Position } from '@vitalwire/protocol';
import { until } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { feedback, range } from '../../support/publications.ts';
import { impatientClient } from '../../support/sdk-client.ts';
import { TestServer } from '../../support/test-server.ts';

/** An application's backend: what it publishes it also keeps, with the position of each. */
class Records {
  readonly #server: TestServer;
  readonly #kept: { number: number; position: Position }[] = [];
  /** How many of the newest a snapshot does not contain yet, as if read from a replica that lags. */
  lag = 0;
  loads = 0;

  constructor(server: TestServer) {
    this.#server = server;
  }

  async publish(count: number): Promise<void> {
    for (const _ of range(1, count)) {
      const number = this.#kept.length + 1;
      const { epoch, offset } = await this.#server.broadcast.feedbackUpdate(1, feedback(number));
      this.#kept.push({ number, position: { epoch, offset } });
    }
  }

  async snapshot(): Promise<Snapshot<number[]>> {
    this.loads++;
    const known = this.#kept.slice(0, this.#kept.length - this.lag);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { state: known.map(({ number }) => number), position: known.at(-1)?.position ?? 'earliest' };
  }
}

/** A part of a page that shows the numbers of all feedback. */
function show(client: Client, records: Records) {
  const shown = { numbers: [] as number[], snapshots: 0, statuses: [] as string[] };
  const subscription = client.subscribe(1, {
    loadSnapshot: () => records.snapshot(),
    onSnapshot(numbers) {
      shown.numbers = [...numbers];
      shown.snapshots++;
    },
  });
  subscription.on('feedback_update', ({ feedback_id }) => void shown.numbers.push(Number(feedback_id)));
  subscription.on('state', (state) => {
    if (state.name === 'live') shown.statuses.push(state.continuity.status);
  });
  return Object.assign(shown, {
    subscription,
    reached: (count: number) =>
      until(
        () => shown.numbers.length >= count && subscription.state.name === 'live',
        () => JSON.stringify([shown, subscription.state]),
      ),
  });
}

describe('a subscription with loadSnapshot', () => {
  it('shows the state, and each later publication once, while they go on being published', async () => {
    await using server = await TestServer.start();
    const records = new Records(server);
    await records.publish(10);
    using client = impatientClient(server.port, 'patient', [1]);
    const publishing = records.publish(60);
    const shown = show(client, records);
    await publishing;
    await shown.reached(70);
    expect([shown.numbers, shown.snapshots]).toEqual([range(1, 70), 1]);
  });

  it('bridges a gap, and shows nothing twice', async () => {
    await using server = await TestServer.start({ retention: { publications: 3 } });
    const records = new Records(server);
    await records.publish(2);
    using client = impatientClient(server.port, 'patient', [1]);
    const shown = show(client, records);
    await shown.reached(2);
    client.disconnect();
    await records.publish(10);
    client.connect();
    await shown.reached(12);
    await records.publish(2);
    await shown.reached(14);
    expect([shown.numbers, shown.snapshots]).toEqual([range(1, 14), 2]);
  });

  it('takes what a snapshot does not contain yet from the log', async () => {
    await using server = await TestServer.start({ retention: { publications: 5 } });
    const records = new Records(server);
    using client = impatientClient(server.port, 'patient', [1]);
    const shown = show(client, records);
    await shown.reached(0);
    client.disconnect();
    await records.publish(10);
    records.lag = 2;
    client.connect();
    await shown.reached(10);
    expect([shown.numbers, shown.statuses.at(-1)]).toEqual([range(1, 10), 'recovered']);
  });

  it('waits for a snapshot that is new enough, when the log no longer has what follows', async () => {
    await using server = await TestServer.start({ retention: { publications: 2 } });
    const records = new Records(server);
    records.lag = 8;
    await records.publish(10);
    using client = impatientClient(server.port, 'patient', [1]);
    const shown = show(client, records);
    await until(
      () => records.loads > 2,
      () => `${records.loads} loads`,
    );
    expect(shown.numbers).toEqual([1, 2]);
    records.lag = 1;
    await shown.reached(10);
    expect(shown.numbers).toEqual(range(1, 10));
  });

  it('goes on in a log that began anew, on top of a state from before', async () => {
    const port = await (async () => {
      await using before = await TestServer.start();
      return before.port;
    })();
    let position: Position | undefined;
    using client = impatientClient(port, 'patient', [1]);
    const numbers: number[] = [];
    {
      await using server = await TestServer.start({}, port);
      const { epoch, offset } = await server.broadcast.feedbackUpdate(1, feedback(1));
      position = { epoch, offset };
    }
    await using server = await TestServer.start({}, port);
    await server.broadcast.feedbackUpdate(1, feedback(2));
    const subscription = client.subscribe(1, {
      loadSnapshot: () => ({ state: [1], position: position ?? 'earliest' }),
      onSnapshot: (state) => void numbers.splice(0, numbers.length, ...state),
    });
    subscription.on('feedback_update', ({ feedback_id }) => void numbers.push(Number(feedback_id)));
    await until(
      () => subscription.state.name === 'live',
      () => JSON.stringify(subscription.state),
    );
    expect(numbers).toEqual([1, 2]);
    expect(subscription.state).toMatchObject({ continuity: { status: 'gap', reason: 'epoch_changed' } });
  });
});
