import { type Client, createClient, type OpenTransport } from '@vitalwire/client';
import { catalogue, createMessageDecoder } from '@vitalwire/protocol';
import { invalidMessages, tokenOf, until } from '@vitalwire/testing';
import { FakeServer } from '@vitalwire/testing/fake';
import { describe, expect, it, onTestFinished } from 'vitest';

/** The real client on a server in memory, and what its handlers were given of diagnosis 7. */
function watching(server: FakeServer, sub = 'anna') {
  const transport: OpenTransport = server.transport;
  const errors: { code?: string }[] = [];
  const client: Client<typeof catalogue, true> = createClient({
    url: 'ws://fake/ws',
    getToken: () => tokenOf({ sub }),
    transport,
    backoff: { baseMs: 1, maxMs: 5 },
    onError: (error) => errors.push(error as { code?: string }),
    onGap: ({ reason }) => story.push(reason),
  });
  onTestFinished(() => client.close());
  const story: (number | string)[] = [];
  const subscription = client.subscribe(7);
  subscription.on('publication', ({ offset, recovered }) =>
    story.push(recovered ? `${offset} recovered` : offset),
  );
  return {
    client,
    story,
    errors,
    state: () => subscription.state.name,
    tells: (...expected: (number | string)[]) =>
      until(
        () => JSON.stringify(story) === JSON.stringify(expected),
        () =>
          `expected ${expected}, but the handlers were given ${story}; ${JSON.stringify(subscription.state)}`,
      ),
    isLive: () =>
      until(
        () => subscription.state.name === 'live',
        () => JSON.stringify(subscription.state),
      ),
  };
}

describe('a fake server', () => {
  it('delivers what is published, and supplies what was missed', async () => {
    const server = new FakeServer();
    const watcher = watching(server);
    await watcher.isLive();
    await server.publish.feedbackUpdate(7);
    await watcher.tells(1);
    server.cut();
    await server.publish.effectivenessUpdate(7);
    await server.publish.recommendationUpdate(7);
    await server.publish.recommendationUpdate(8);
    server.restore();
    await watcher.tells(1, '2 recovered', '3 recovered');
    expect(watcher.errors).toEqual([]);
  });

  it('tells of gaps', async () => {
    const server = new FakeServer();
    const watcher = watching(server);
    await watcher.isLive();
    server.cut();
    for (let i = 0; i < 3; i++) await server.publish.feedbackUpdate(7);
    server.evict(7, { keep: 1 });
    server.restore();
    await watcher.tells('retention', '3 recovered');
    // Directly before the oldest one: nothing is missing.
    server.cut();
    await server.publish.feedbackUpdate(7);
    server.evict(7, { keep: 1 });
    server.restore();
    await watcher.tells('retention', '3 recovered', '4 recovered');
    server.newEpoch(7);
    await watcher.tells('retention', '3 recovered', '4 recovered', 'epoch_changed');
    await server.publish.feedbackUpdate(7);
    await watcher.tells('retention', '3 recovered', '4 recovered', 'epoch_changed', 1);
  });

  it('delivers what is addressed to one user to that user', async () => {
    const server = new FakeServer();
    const [anna, ben] = [watching(server), watching(server, 'ben')];
    await Promise.all([anna.isLive(), ben.isLive()]);
    await server.publish.feedbackUpdate(7, {}, { to: 'anna' });
    const last = await server.publish.feedbackUpdate(7, {}, { idempotencyKey: 'last' });
    expect(await server.publish.feedbackUpdate(7, {}, { idempotencyKey: 'last' })).toMatchObject({
      offset: last.offset,
    });
    await anna.tells(1, 2);
    await ben.tells(2);
  });

  it('says goodbye as a server does', async () => {
    const server = new FakeServer();
    const watcher = watching(server);
    await watcher.isLive();
    server.last.end('token_expired');
    await until(
      () => server.connections.length === 2,
      () => 'the client did not come back',
    );
    await server.last.said('authenticate');
    server.last.end('access_denied');
    await until(
      () => watcher.state() === 'stopped',
      () => watcher.state(),
    );
  });

  it('refuses who may not watch', async () => {
    const server = new FakeServer({ mayWatch: (user, id) => user === 'anna' && id === 7 });
    const [anna, ben] = [watching(server), watching(server, 'ben')];
    await anna.isLive();
    await until(
      () => ben.state() === 'stopped',
      () => ben.state(),
    );
    expect(ben.errors).toMatchObject([{ code: 'access_denied' }]);
  });

  it('does what its script says instead', async () => {
    const server = new FakeServer();
    server.script = (command, connection) => {
      if (command.type !== 'subscribe') return false;
      connection.push({ type: 'error', code: 'diagnosis_not_found', message: 'no such', diagnosis_id: 7 });
      return true;
    };
    const watcher = watching(server);
    await until(
      () => watcher.state() === 'stopped',
      () => watcher.state(),
    );
    expect(await server.last.said('subscribe')).toMatchObject({ diagnosis_id: 7 });
  });

  it('can be half-open, or hang from the start', async () => {
    const server = new FakeServer();
    const watcher = watching(server);
    await watcher.isLive();
    server.last.freeze();
    await server.publish.feedbackUpdate(7);
    expect(watcher.story).toEqual([]);
    server.handshakes = 'ignore';
    server.last.drop();
    await until(
      () => watcher.state() === 'connecting',
      () => watcher.state(),
    );
    expect(server.connections).toHaveLength(1);
  });

  it('says only what the protocol knows', async () => {
    const server = new FakeServer();
    const decode = createMessageDecoder(catalogue);
    const frames: string[] = [];
    const socket = server.transport('ws://fake/ws', 'vitalwire.v1', 1_000, {
      opened: () => {},
      received: (text) => frames.push(text),
      lost: () => {},
    });
    for (let i = 0; i < 3; i++) await server.publish.recommendationUpdate(7);
    server.evict(7, { keep: 1 });
    const commands = [
      { type: 'authenticate', token: await tokenOf() },
      { type: 'ping', id: 1 },
      { type: 'subscribe', diagnosis_id: 7, after: 'epoch-1:1' },
      { type: 'subscribe', diagnosis_id: 8 },
    ];
    for (const command of commands) socket.send(JSON.stringify(command));
    await server.last.said('subscribe', 2);
    server.last.end('restarting', 100);
    await until(
      () => frames.length === 5,
      () => `${frames.length} frames`,
    );
    for (const text of frames) expect(decode(text)).toHaveProperty('message');
  });

  it('can say what no server should, which the client passes over and reports', async () => {
    const server = new FakeServer();
    const watcher = watching(server);
    await watcher.isLive();
    const { epoch } = await server.publish.feedbackUpdate(7);
    const wrong = invalidMessages('feedback_update').filter(({ path }) => path.startsWith('data.'));
    for (const [index, { value }] of wrong.entries()) {
      server.last.push({ ...(value as object), diagnosis_id: 7, epoch, offset: index + 2 });
    }
    await until(
      () => watcher.errors.length === wrong.length,
      () => `${watcher.errors.length} of ${wrong.length} were reported`,
    );
    expect(watcher.story).toEqual([1]);
    expect(
      watcher.errors.map((error) =>
        (error as { issues?: { path: string }[] }).issues?.map(({ path }) => path),
      ),
    ).toEqual(wrong.map(({ path }) => [path]));
  });
});
