import { TcpProxy, tokenOf, until } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { feedback, range } from '../../support/publications.ts';
import { impatientClient, Recorder } from '../../support/sdk-client.ts';
import { TestServer } from '../../support/test-server.ts';

describe('a client that was away for too long', () => {
  it('is told of the gap with its reason, then given the retained rest', async () => {
    await using server = await TestServer.start({ retention: { publications: 3 } });
    using client = impatientClient(server.port, 'patient', [1]);
    const recorder = new Recorder(client, 1);
    await recorder.inState('live');
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await recorder.reached(1);
    client.disconnect();
    for (const number of range(2, 10)) await server.broadcast.feedbackUpdate(1, feedback(number));
    client.connect();
    await recorder.reached(10);
    expect(recorder.numbers).toEqual([1, 8, 9, 10]);
    expect(recorder.gaps).toMatchObject([
      { reason: 'retention', lastSeen: { offset: 1 }, firstAvailable: { offset: 8 }, from: { offset: 7 } },
    ]);
    expect(recorder.faults).toEqual([]);
  });

  it('awaits what the application does about the gap before it goes on', async () => {
    await using server = await TestServer.start({ retention: { publications: 1 } });
    for (const number of [1, 2]) await server.broadcast.feedbackUpdate(1, feedback(number));
    const order: unknown[] = [];
    using client = impatientClient(server.port, 'patient', [1]);
    const { epoch } = await server.broadcast.feedbackUpdate(1, feedback(3));
    const subscription = client.subscribe(1, {
      after: { epoch, offset: 1 },
      onGap: async ({ reason }) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        order.push(reason);
      },
    });
    subscription.on('feedback_update', ({ feedback_id }) => void order.push(feedback_id));
    await until(
      () => order.length === 2,
      () => `only ${order}`,
    );
    expect(order).toEqual(['retention', 3]);
  });
});

describe('a client that is refused', () => {
  it('stops the subscription of somebody else’s diagnosis, and no other', async () => {
    await using server = await TestServer.start();
    using client = impatientClient(server.port, 'patient', [1]);
    const stranger = new Recorder(client, 2);
    const owner = new Recorder(client, 1);
    await stranger.inState('stopped');
    expect(stranger.subscription.state).toEqual({ name: 'stopped', reason: 'access_denied' });
    await server.broadcast.feedbackUpdate(2, feedback(2));
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await owner.reached(1);
    expect([stranger.numbers, owner.numbers]).toEqual([[], [1]]);
  });

  it('stops altogether with a token that proves nothing', async () => {
    await using server = await TestServer.start();
    await using proxy = await TcpProxy.start(server.port);
    using client = impatientClient(proxy.port, 'patient', [1], {
      getToken: () => tokenOf({ diagnoses: [1], secret: 'z'.repeat(40) }),
    });
    const recorder = new Recorder(client, 1);
    await recorder.inState('stopped');
    expect(recorder.subscription.state).toEqual({ name: 'stopped', reason: 'invalid_token' });
    expect(proxy.attempts).toBe(1);
  });
});

describe('a client that starts again', () => {
  it('resumes from the position that it kept, exactly', async () => {
    await using server = await TestServer.start();
    const kept = new Map<string, string>();
    const positions = {
      load: (key: string) => kept.get(key),
      save: (key: string, text: string) => void kept.set(key, text),
    };
    const numbers: unknown[] = [];
    const publishing = (async () => {
      for (const number of range(1, 100)) {
        await server.broadcast.feedbackUpdate(1, feedback(number));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    for (let round = 1; numbers.length < 100; round++) {
      using client = impatientClient(server.port, 'patient', [1], { positions });
      const last = Math.min(numbers.length + (round % 4), 100);
      const subscription = client.subscribe(1, { onGap: (gap) => void numbers.push(gap) });
      subscription.on('feedback_update', ({ feedback_id }) => {
        numbers.push(feedback_id);
        if (numbers.length >= last) client.close();
      });
      await until(
        () => numbers.length >= last,
        () => `only ${numbers}`,
      );
    }
    await publishing;
    expect(numbers).toEqual(range(1, 100));
  });

  it('does not take over the positions of another user', async () => {
    await using server = await TestServer.start();
    const kept = new Map<string, string>();
    const positions = {
      load: (key: string) => kept.get(key),
      save: (key: string, text: string) => void kept.set(key, text),
    };
    for (const number of [1, 2]) await server.broadcast.feedbackUpdate(1, feedback(number));
    for (const user of ['ann', 'ben']) {
      using client = impatientClient(server.port, user, [1], { positions });
      const recorder = new Recorder(client, 1);
      await recorder.reached(2);
      expect(recorder.numbers).toEqual([1, 2]);
    }
  });
});

describe('a client whose handlers are slow', () => {
  it('is given everything once, although most of it has to wait in the log', async () => {
    await using server = await TestServer.start();
    using client = impatientClient(server.port, 'patient', [1], { maxWaitingPublications: 10 });
    const recorder = new Recorder(client, 1, { handlerMs: 2 });
    await recorder.inState('live');
    await Promise.all(range(1, 300).map((number) => server.broadcast.feedbackUpdate(1, feedback(number))));
    await recorder.reached(300);
    expect(recorder.numbers).toEqual(range(1, 300));
    expect(recorder.gaps).toEqual([]);
    expect(recorder.faults).toEqual([]);
  });
});

describe('what reaches a client', () => {
  it('accepts a frame of 1 MiB', async () => {
    await using server = await TestServer.start();
    using client = impatientClient(server.port, 'patient', [1]);
    const recorder = new Recorder(client, 1);
    await recorder.inState('live');
    await server.broadcast.feedbackUpdate(1, feedback(1, { comment: 'x'.repeat(1_048_576 - 300) }));
    await recorder.reached(1);
  });

  it('is typed, and the same for handlers and loops', async () => {
    await using server = await TestServer.start();
    using client = impatientClient(server.port, 'patient', [1]);
    const subscription = client.subscribe(1, { onGap: 'ignore' });
    const effectiveness: number[] = [];
    subscription.on('effectiveness_update', (data) => void effectiveness.push(data.new_effectiveness));
    const body = { recommendation_id: 7, new_effectiveness: 0.5, confidence: 1, sample_size: 3 };
    await server.broadcast.effectivenessUpdate(1, body);
    await server.broadcast.feedbackUpdate(1, feedback(2));
    const types: string[] = [];
    for await (const publication of subscription) {
      types.push(publication.type);
      if (types.length === 2) break;
    }
    expect(types).toEqual(['effectiveness_update', 'feedback_update']);
    expect(effectiveness).toEqual([0.5]);
  });

  it('takes holes that are addressed to others for no loss, also over a reconnect', async () => {
    await using server = await TestServer.start();
    using client = impatientClient(server.port, 'ann', [1]);
    const offsets: number[] = [];
    const gaps: unknown[] = [];
    const subscription = client.subscribe(1, { onGap: (gap) => void gaps.push(gap) });
    subscription.on('publication', ({ offset }) => void offsets.push(offset));
    const broadcast = (number: number) =>
      server.broadcast.feedbackUpdate(1, feedback(number), number % 3 === 0 ? { to: 'ben' } : { to: 'ann' });
    for (const number of range(1, 7)) await broadcast(number);
    await until(
      () => offsets.length === 5,
      () => `only ${offsets}`,
    );
    client.disconnect();
    for (const number of range(8, 15)) await broadcast(number);
    client.connect();
    await until(
      () => offsets.length === 10,
      () => `only ${offsets}`,
    );
    expect(offsets).toEqual([1, 2, 4, 5, 7, 8, 10, 11, 13, 14]);
    expect(gaps).toEqual([]);
  });
});
