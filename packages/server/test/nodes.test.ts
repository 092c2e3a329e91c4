import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import WebSocket from 'ws';
import { LogUnavailableError } from '../src/errors.ts';
import { createServer } from '../src/server.ts';
import { SharedLog } from './support/shared-log.ts';
import { forge, SECRET } from './support/tokens.ts';

const DIAGNOSES = [1, 2];
const FEEDBACK = { feedback_id: 1, rating: 5, effectiveness: 0.9 };

/** The seconds since 1970, of a token that is issued then. */
const now = () => Math.floor(Date.now() / 1_000);

function tokenOf(user: string, issuedAt: number): string {
  return forge({ sub: user, iat: issuedAt, exp: now() + 600, diagnoses: DIAGNOSES });
}

/** Two servers over one log. */
async function setUp() {
  const shared = new SharedLog();
  const start = async () => {
    const log = shared.node();
    const server = createServer({ auth: { secret: SECRET }, log });
    onTestFinished(() => server.close());
    const { url } = await server.listen({ port: 0 });
    return { log, server, url };
  };
  return { shared, start, here: await start(), there: await start() };
}

/** A plain client, once it is subscribed. */
async function connect(url: string, token: string, topic = 1) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/${topic}?token=${token}`);
  onTestFinished(() => socket.terminate());
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = once(socket, 'close').then(([code, reason]) => `${code} ${String(reason)}`);
  await Promise.race([once(socket, 'message'), closed]);
  return { messages, closed, socket };
}

describe('servers over one log', () => {
  it('deliver what the other one published, and count the subscriptions of both', async () => {
    const { here, there } = await setUp();
    const clients = [
      await connect(here.url, tokenOf('ann', now())),
      await connect(there.url, tokenOf('ann', now())),
      await connect(there.url, tokenOf('bob', now())),
    ];
    const { broadcast } = here.server;
    expect(await broadcast.feedbackUpdate(1, FEEDBACK)).toMatchObject({ clients_notified: 3 });
    expect(await broadcast.feedbackUpdate(1, FEEDBACK, { to: 'bob' })).toMatchObject({ clients_notified: 1 });
    expect(await broadcast.feedbackUpdate(1, FEEDBACK, { to: 'ann' })).toMatchObject({ clients_notified: 2 });
    for (const [index, offsets] of [
      [1, 3],
      [1, 3],
      [1, 2],
    ].entries()) {
      await expect.poll(() => clients[index]?.messages.slice(1).map(({ offset }) => offset)).toEqual(offsets);
    }
  });

  it('supply what they did not hear of', async () => {
    const { here, there } = await setUp();
    const client = await connect(there.url, tokenOf('ann', now()));
    there.log.hearing = false;
    await here.server.broadcast.feedbackUpdate(1, FEEDBACK);
    there.log.hearing = true;
    expect(client.messages).toHaveLength(1);
    there.log.interrupt();
    await expect.poll(() => client.messages.at(-1)).toMatchObject({ type: 'feedback_update', offset: 1 });
  });

  it('tell who is connected to all of them', async () => {
    const { here, there } = await setUp();
    await connect(here.url, tokenOf('ann', now()), 1);
    await connect(there.url, tokenOf('ann', now()), 1);
    await connect(there.url, tokenOf('bob', now()), 2);
    for (const { server } of [here, there]) {
      expect(await server.status()).toMatchObject({
        total_diagnoses: 2,
        total_connections: 3,
        connections_by_diagnosis: { 1: 2, 2: 1 },
      });
    }
  });

  it('are ready while they hear what is announced', async () => {
    const { here, there } = await setUp();
    const ready = async ({ url }: { url: string }) => (await fetch(`${url}/ready`)).status;
    expect([await ready(here), await ready(there)]).toEqual([200, 200]);
    here.log.hearing = false;
    expect([await ready(here), await ready(there)]).toEqual([503, 200]);
  });

  describe('when a user is revoked', () => {
    it('end the sessions, and refuse the tokens, also those that start later', async () => {
      const { start, here, there } = await setUp();
      const held = tokenOf('ann', now());
      const sessions = [await connect(here.url, held), await connect(there.url, held)];
      const other = await connect(there.url, tokenOf('bob', now()));
      await here.server.revoke('ann');
      for (const { closed } of sessions) expect(await closed).toBe('1008 access_denied');
      for (const { url } of [here, there, await start()]) {
        expect(await (await connect(url, held)).closed).toBe('1008 invalid_token');
      }
      expect(other.socket.readyState).toBe(WebSocket.OPEN);
    });

    it('leave newer tokens alone, also when the revocation is told again', async () => {
      const { shared, here, there } = await setUp();
      await here.server.revoke('ann');
      const back = await connect(there.url, tokenOf('ann', now() + 1));
      // As after a reconnect of the log store, which cannot know what was heard.
      for (const [userId, atMs] of [...shared.revocations]) await here.log.nodes.revoke(userId, atMs);
      await here.log.nodes.revoke('ann', Date.now() - 60_000);
      await there.server.broadcast.feedbackUpdate(1, FEEDBACK);
      await expect.poll(() => back.messages.at(-1)).toMatchObject({ type: 'feedback_update' });
    });

    it('do so here at once, and say when the others cannot be told', async () => {
      const { here } = await setUp();
      const held = tokenOf('ann', now());
      const session = await connect(here.url, held);
      here.log.reachable = false;
      await expect(here.server.revoke('ann')).rejects.toThrow(LogUnavailableError);
      expect(await session.closed).toBe('1008 access_denied');
      here.log.reachable = true;
      expect(await (await connect(here.url, held)).closed).toBe('1008 invalid_token');
    });
  });
});
