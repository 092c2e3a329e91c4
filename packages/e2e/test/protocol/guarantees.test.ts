import type { After } from '@vitalwire/protocol';
import { parsePosition } from '@vitalwire/protocol';
import { backendToken, tokenOf } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { publish } from '../../support/http.ts';
import { feedback, offsetsOf, range } from '../../support/publications.ts';
import { RawClient } from '../../support/raw-client.ts';
import { TestServer, temporaryFolder } from '../../support/test-server.ts';

/** Publishes to diagnosis 1 as fast as it goes, every fourth publication to one of these users only. */
class Publisher {
  /** To whom each offset is addressed. */
  readonly addressees: (string | undefined)[] = [undefined];
  readonly #stopped: Promise<void>;
  #running = true;

  constructor(server: TestServer, users: readonly string[]) {
    this.#stopped = this.#run(server, users);
  }

  /** The offsets between two others that a user may see. */
  visible(user: string, after: number, upTo: number): number[] {
    return range(after + 1, upTo).filter((offset) => (this.addressees[offset] ?? user) === user);
  }

  async stop(): Promise<number> {
    this.#running = false;
    await this.#stopped;
    return this.addressees.length - 1;
  }

  async #run(server: TestServer, users: readonly string[]): Promise<void> {
    for (let number = 1; this.#running; number++) {
      const to = number % 4 === 0 ? users[number % users.length] : undefined;
      this.addressees[number] = to;
      await server.broadcast.feedbackUpdate(1, feedback(number), to === undefined ? {} : { to });
      if (number % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** Joins and leaves again and again from where it stands, and checks each stay. Returns how many offsets it saw. */
async function joinOftenAndCheck(
  client: RawClient,
  user: string,
  publisher: Publisher,
  joins: number,
): Promise<number> {
  let position: string | undefined;
  let total = 0;
  for (const join of range(1, joins)) {
    const first = client.frames.length;
    client.send({ type: 'subscribe', diagnosis_id: 1, ...(position !== undefined && { after: position }) });
    const { recovery } = (await client.connected(1)).data;
    await client.publications(join % 4);
    client.send({ type: 'unsubscribe', diagnosis_id: 1 });
    await client.settled();
    const from = parsePosition(recovery.from);
    const to = parsePosition(recovery.to);
    if (!from || !to) throw new Error('a recovery holds positions');
    const frames = client.frames.splice(first);
    client.rewind(first);
    const offsets = offsetsOf(frames);
    const last = offsets.at(-1) ?? from.offset;
    expect(recovery.status).toBe(position === undefined ? 'fresh' : 'recovered');
    expect(position ?? recovery.from).toBe(recovery.from);
    expect(recovery.count).toBe(publisher.visible(user, from.offset, to.offset).length);
    expect(offsets).toEqual(publisher.visible(user, from.offset, last));
    position = `${from.epoch}:${last}`;
    total += offsets.length;
  }
  return total;
}

describe('Guarantees and non-guarantees', () => {
  it.each([
    { log: 'memory', joins: 120 },
    { log: 'sqlite', joins: 60 },
  ])(
    'gives each subscriber each offset once and in order while it joins and leaves at full rate ($log)',
    async ({ log, joins }) => {
      await using folder = await temporaryFolder();
      const path = log === 'sqlite' ? `${folder.path}/log.db` : undefined;
      await using server = await TestServer.start({ path, retention: { publications: 1_000_000 } });
      const users = range(1, 16).map((number) => `user ${number}`);
      const clients = await Promise.all(users.map((sub) => server.client([1], { sub })));
      const publisher = new Publisher(server, users);
      const totals = await Promise.all(
        clients.map((client, index) => joinOftenAndCheck(client, users[index] ?? '', publisher, joins)),
      );
      const published = await publisher.stop();
      for (const client of clients) await client.cut();
      // Otherwise nothing raced.
      expect(published).toBeGreaterThan(joins);
      expect(Math.min(...totals)).toBeGreaterThan(joins);
    },
  );

  it.each([
    { way: 'cut', after: undefined },
    { way: 'cut', after: 'latest' as After },
  ])('continues new connections exactly while publishing goes on (first after=$after)', async ({ after }) => {
    await using server = await TestServer.start({ retention: { publications: 1_000_000 } });
    const publisher = new Publisher(server, ['patient', 'somebody else']);
    const token = await tokenOf({ diagnoses: [1] });
    let position = after as string | undefined;
    let last: number | undefined;
    for (const round of range(1, 150)) {
      await using client = await RawClient.plain(server.url, 1, {
        token,
        ...(position !== undefined && { after: position }),
      });
      const { recovery, epoch } = (await client.connected(1)).data;
      last ??= parsePosition(recovery.from)?.offset ?? 0;
      await client.publications(1 + (round % 5));
      const offsets = offsetsOf(client.frames);
      expect(offsets).toEqual(publisher.visible('patient', last, offsets.at(-1) ?? 0));
      last = offsets.at(-1) ?? last;
      position = `${epoch}:${last}`;
    }
    await publisher.stop();
  });

  it('brings every publication that was answered with 200 to every subscriber, the same text in the same order', async () => {
    await using server = await TestServer.start();
    const topics = range(1, 5);
    const clients = await Promise.all(
      range(1, 8).map((number) => server.client(topics, { sub: `user ${number}` })),
    );
    for (const client of clients) for (const topic of topics) await client.subscribe(topic);
    const token = await backendToken();
    const answers = await Promise.all(
      range(1, 4).map(async (backend) => {
        const mine = [];
        for (const number of range(1, 50)) {
          const content = { diagnosis_id: 1 + (number % 5), ...feedback(backend * 1_000 + number) };
          const response = await publish(server.url, 'feedback-update', content, { token });
          expect(response.status).toBe(200);
          mine.push((await response.json()) as { diagnosis_id: number; offset: number });
        }
        return mine;
      }),
    );
    for (const client of clients) {
      await client.publications(200);
      for (const topic of topics) {
        const offsets = answers.flat().filter(({ diagnosis_id }) => diagnosis_id === topic);
        expect(offsetsOf(client.frames, topic)).toEqual(
          offsets.map(({ offset }) => offset).sort((a, b) => a - b),
        );
      }
    }
    const texts = clients.map(({ frames }) =>
      topics.map((topic) =>
        frames.filter(({ offset, diagnosis_id }) => offset && diagnosis_id === topic).map(({ text }) => text),
      ),
    );
    for (const other of texts.slice(1)) expect(other).toEqual(texts[0]);
    for (const client of clients) await client.cut();
  });
});

describe('Limits', () => {
  it('opens 128 subscriptions on a connection, and refuses the next', async () => {
    await using server = await TestServer.start();
    await using client = await server.client(range(1, 129));
    for (const topic of range(1, 129)) client.send({ type: 'subscribe', diagnosis_id: topic });
    expect(await client.next('error')).toMatchObject({ code: 'too_many_subscriptions', diagnosis_id: 129 });
    await client.settled();
    expect(client.frames.filter(({ type }) => type === 'connect')).toHaveLength(128);
  });

  it('takes 100 connections of a user, closes the next with 1013, and takes another when one has left', async () => {
    await using server = await TestServer.start();
    const clients = await Promise.all(range(1, 100).map(() => server.plain(1)));
    for (const client of clients) await client.connected(1);
    await using refused = await server.plain(1);
    expect(await refused.closed()).toEqual({ code: 1013, reason: 'overloaded' });
    await using other = await server.plain(1, { sub: 'other' });
    await other.connected(1);
    await clients[0]?.close();
    await using again = await server.plain(1);
    await again.connected(1);
    for (const client of clients) await client.cut();
  });

  it('handles every command in order, however many wait', async () => {
    let answer: (allowed: boolean) => void = () => {};
    const verdict = new Promise<boolean>((resolve) => {
      answer = resolve;
    });
    await using server = await TestServer.start({
      authorize: () => verdict,
      limits: { maxSubscriptions: 5_000 },
    });
    await using client = await server.client([1]);
    for (const topic of range(1, 2_000)) client.send({ type: 'subscribe', diagnosis_id: topic });
    answer(true);
    await client.connected(2_000);
    const connects = client.frames.filter(({ type }) => type === 'connect');
    expect(connects.map(({ diagnosis_id }) => diagnosis_id)).toEqual(range(1, 2_000));
  });

  it('stops reading from a connection with too many commands that wait', async () => {
    const asked = new Set<number>();
    await using server = await TestServer.start({
      authorize: (_, __, id) => {
        asked.add(id);
        return new Promise<boolean>(() => {});
      },
      timing: { authorizeTimeoutMs: 300 },
      limits: { maxSubscriptions: 5_000, maxPendingCommands: 10 },
    });
    await using client = await server.client([1]);
    await client.settled();
    // As slow as separate segments, so that the server can stop between them.
    for (const topic of range(1, 200)) {
      client.send({ type: 'subscribe', diagnosis_id: topic });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(asked.size).toBeLessThan(50);
    await client.next(({ diagnosis_id }) => diagnosis_id === 10);
    // It reads on afterwards.
    while (asked.size < 30) await client.next('error');
  });

  it('accepts a user id of 255 characters', async () => {
    await using server = await TestServer.start();
    const sub = 'ü'.repeat(255);
    await using client = await server.plain(1, { sub });
    expect((await client.connected(1)).data.user_id).toBe(sub);
    const content = { diagnosis_id: 1, ...feedback(1), to: sub };
    expect((await publish(server.url, 'feedback-update', content)).status).toBe(200);
    expect((await publish(server.url, 'feedback-update', { ...content, to: `${sub}x` })).status).toBe(422);
    await client.publications(1);
  });

  it('keeps 1,000 publications of a topic', async () => {
    await using server = await TestServer.start();
    for (const number of range(1, 1_005)) void server.broadcast.feedbackUpdate(1, feedback(number));
    await server.broadcast.feedbackUpdate(1, feedback(1_006));
    await using client = await server.plain(1, { after: 'earliest' });
    expect((await client.connected(1)).data.recovery.count).toBe(1_000);
    expect(offsetsOf(await client.publications(1_000))).toEqual(range(7, 1_006));
  });
});
