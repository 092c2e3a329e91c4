import { formatPosition } from '@vitalwire/protocol';
import { SECRET, tokenOf } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { ShiftedClock } from '../../support/clocks.ts';
import { publish } from '../../support/http.ts';
import { blocks, dialogue, sections } from '../../support/protocol-document.ts';
import { feedback, range } from '../../support/publications.ts';
import { type Frame, RawClient } from '../../support/raw-client.ts';
import { TestServer, temporaryFolder } from '../../support/test-server.ts';

// Each test performs a dialogue of PROTOCOL.md and compares what the server sent with what the document shows.

const TOPIC = 123;
const EPOCH = 'Vd2kQ8xw';

/** What the dialogues show of the publications, by offset. */
const shown = new Map(
  sections
    .flatMap(({ heading }) => dialogue(heading))
    .filter(({ frame }) => frame['offset'] !== undefined)
    .map(({ frame }) => [frame['offset'], frame]),
);

const token = (sub = '7', expiresInSeconds = 3_600) => tokenOf({ sub, diagnoses: [TOPIC], expiresInSeconds });

/** Publishes what the document shows, from one offset to another. Returns the epoch. */
async function fill(server: TestServer, first: number, last: number, to?: string): Promise<string> {
  const options = to === undefined ? {} : { to };
  const answers = await Promise.all(
    range(first, last).map((offset) => {
      const { type, data } = shown.get(offset) ?? { type: 'feedback_update', data: feedback(300 + offset) };
      return type === 'effectiveness_update'
        ? server.broadcast.effectivenessUpdate(TOPIC, data as never, options)
        : server.broadcast.feedbackUpdate(TOPIC, data as never, options);
    }),
  );
  return answers.at(-1)?.epoch ?? '';
}

async function arrive(server: TestServer, sub = '7', after?: string, options = {}): Promise<RawClient> {
  const client = await RawClient.authenticated(server.url, await token(sub), options);
  client.send({ type: 'subscribe', diagnosis_id: TOPIC, ...(after !== undefined && { after }) });
  return client;
}

/** What varies is made alike: the epoch, the session and the time. */
function alike(frame: object, epoch = EPOCH): unknown {
  const renamed = JSON.parse(JSON.stringify(frame).replaceAll(epoch, EPOCH));
  const { timestamp: _, text: __, ...rest } = renamed;
  if (rest.data?.session_id !== undefined) rest.data.session_id = 's';
  return rest;
}

function expected(heading: string, who = ''): unknown[] {
  return dialogue(heading)
    .filter(({ from, who: speaker }) => from === 'server' && speaker === who)
    .map(({ frame }) => alike(frame));
}

const seen = (frames: readonly Frame[], epoch: string) => frames.map((frame) => alike(frame, epoch));

describe('First visit', () => {
  it.each(['GET /ws', 'GET /ws/123'])('goes as PROTOCOL.md shows on %s', async (way) => {
    await using server = await TestServer.start();
    const epoch = await fill(server, 1, 2);
    await using client = await (way === 'GET /ws'
      ? arrive(server)
      : RawClient.plain(server.url, TOPIC, { token: await token() }));
    await client.publications(2);
    await client.settled();
    await fill(server, 3, 3);
    await client.publications(1);
    expect(
      seen(
        client.frames.filter(({ type }) => type !== 'pong'),
        epoch,
      ),
    ).toEqual(expected('First visit'));
    await using again = await arrive(server);
    const { data } = await again.connected(TOPIC);
    expect(alike({ from: data.recovery.from }, epoch)).toEqual({ from: `${EPOCH}:2` }); // the receipt
  });
});

describe('Resume after a cut', () => {
  it('goes as PROTOCOL.md shows', async () => {
    await using server = await TestServer.start();
    const before = await arrive(server);
    const epoch = await fill(server, 1, 3);
    await before.publications(3);
    await before.cut();
    await fill(server, 4, 6);
    await using client = await arrive(server, '7', formatPosition({ epoch, offset: 3 }));
    await client.publications(3);
    await fill(server, 7, 7);
    await client.publications(1);
    expect(seen(client.frames, epoch)).toEqual(expected('Resume after a cut'));
  });
});

describe('A cut before the proof', () => {
  it('goes as PROTOCOL.md shows', async () => {
    await using server = await TestServer.start({ timing: { receiptIntervalMs: 1 } });
    const first = await server.plain(TOPIC, { sub: '7' });
    const epoch = await fill(server, 1, 7);
    await first.publications(7);
    await first.settled();
    await first.cut();
    await fill(server, 8, 8);
    const frames: Frame[] = [];
    for (const autoPong of [false, true]) {
      await using client = await server.plain(TOPIC, { sub: '7', autoPong });
      await client.publications(1);
      frames.push(...client.frames);
      await client.settled();
    }
    expect(seen(frames, epoch)).toEqual(expected('A cut before the proof'));
    await using last = await server.plain(TOPIC, { sub: '7' });
    expect((await last.connected(TOPIC)).data.recovery).toMatchObject({ from: `${epoch}:8`, count: 0 });
  });
});

describe('Gap: the retention has passed', () => {
  it('goes as PROTOCOL.md shows', async () => {
    await using server = await TestServer.start({ retention: { publications: 2 } });
    const epoch = await fill(server, 1, 42);
    await using client = await arrive(server, '7', `${epoch}:8`);
    await client.publications(2);
    expect(seen(client.frames, epoch)).toEqual(expected('Gap: the retention has passed'));
  });
});

describe('Gap: the log began anew', () => {
  it('goes as PROTOCOL.md shows', async () => {
    await using server = await TestServer.start();
    await using client = await arrive(server, '7', `${EPOCH}:42`);
    const { data } = await client.connected(TOPIC);
    await fill(server, 1, 1);
    await client.publications(1);
    const [fresh = ''] = dialogue('Gap: the log began anew').flatMap(({ frame }) => frame['epoch'] ?? []);
    const renamed = JSON.parse(JSON.stringify(client.frames).replaceAll(data.epoch, String(fresh)));
    expect(renamed.map((frame: Frame) => alike(frame))).toEqual(expected('Gap: the log began anew'));
  });
});

describe('Refresh in time', () => {
  it('goes as PROTOCOL.md shows', async () => {
    const clock = new ShiftedClock();
    await using server = await TestServer.start({ clock });
    const epoch = await fill(server, 1, 42);
    await using client = await RawClient.authenticated(server.url, await token('7', 60));
    await client.subscribe(TOPIC, `${epoch}:42`);
    client.send({ type: 'authenticate', token: await token('7', 600) });
    await fill(server, 43, 43);
    await client.publications(1);
    client.send({ type: 'ping', id: 'refreshed' });
    await client.next('pong');
    clock.shift(120_000);
    await fill(server, 44, 44);
    await client.publications(1);
    expect(seen(client.frames.slice(1), epoch)).toEqual(expected('Refresh in time'));
  });
});

describe('Refresh racing with expiry', () => {
  it('goes as PROTOCOL.md shows', async () => {
    const clock = new ShiftedClock();
    await using server = await TestServer.start({ auth: { secret: SECRET, clockToleranceMs: 0 }, clock });
    const epoch = await fill(server, 1, 44);
    const old = await RawClient.authenticated(server.url, await token('7', 60));
    await old.subscribe(TOPIC, `${epoch}:44`);
    const fresh = await token('7', 600);
    clock.shift(61_000);
    const publishing = fill(server, 45, 45); // the server notices the expiry when it would deliver
    old.send({ type: 'authenticate', token: fresh });
    await publishing;
    expect(await old.closed()).toEqual({ code: 4401, reason: 'token_expired' });
    await using client = await RawClient.authenticated(server.url, fresh);
    client.send({ type: 'subscribe', diagnosis_id: TOPIC, after: `${epoch}:44` });
    await client.publications(1);
    const frames = [...old.frames.slice(1), ...client.frames];
    expect(seen(frames, epoch)).toEqual(expected('Refresh racing with expiry'));
  });
});

describe('Subscribe and publish racing', () => {
  it('goes in one of the two ways that PROTOCOL.md shows, and both occur', async () => {
    const [counted, live] = blocks('Subscribe and publish racing', 'dialogue').map((block) =>
      block
        .split('\n')
        .filter((line) => line.startsWith('<'))
        .map((line) => alike(JSON.parse(line.slice(2)))),
    );
    const ways = new Set<unknown>();
    for (const lead of [-2, -1, 0, 0, 0, 1, 2]) {
      await using server = await TestServer.start();
      const epoch = await fill(server, 1, 45);
      await using client = await RawClient.authenticated(server.url, await token());
      await client.settled();
      if (lead < 0) await fill(server, 46, 46);
      client.send({ type: 'subscribe', diagnosis_id: TOPIC, after: `${epoch}:45` });
      if (lead > 0) await client.connected(TOPIC);
      if (lead >= 0) await fill(server, 46, 46);
      await client.publications(1);
      await client.settled();
      const frames = seen(
        client.frames.filter(({ type }) => type !== 'pong'),
        epoch,
      );
      expect([counted, live]).toContainEqual(frames);
      ways.add(JSON.stringify(frames));
    }
    expect(ways.size).toBe(2);
  });
});

describe('Unsubscribe racing with a publication', () => {
  it('goes as PROTOCOL.md shows', async () => {
    await using server = await TestServer.start();
    const epoch = await fill(server, 1, 46);
    await using client = await arrive(server, '7', `${epoch}:46`);
    await client.connected(TOPIC);
    const publishing = fill(server, 47, 47); // on its way before the server reads the next command
    client.send({ type: 'unsubscribe', diagnosis_id: TOPIC });
    client.send({ type: 'ping', id: 3 });
    await publishing;
    await client.next('pong');
    await fill(server, 48, 48);
    await client.settled();
    expect(seen(client.frames.slice(1, -1), epoch)).toEqual(
      expected('Unsubscribe racing with a publication'),
    );
  });
});

describe('Slow reader', () => {
  it('goes as PROTOCOL.md shows', async () => {
    await using server = await TestServer.start({
      retention: { publications: 2 },
      limits: { maxBufferedBytes: 1 },
    });
    const epoch = await fill(server, 1, 48);
    await using client = await arrive(server, '7', `${epoch}:48`);
    await fill(server, 49, 49);
    await client.publications(1);
    client.pause();
    // Fills the network's buffers with another topic, so that nothing of this one is taken meanwhile.
    const comment = 'x'.repeat(60_000);
    client.send({ type: 'authenticate', token: await tokenOf({ sub: '7', diagnoses: [TOPIC, 1] }) });
    client.send({ type: 'subscribe', diagnosis_id: 1 });
    for (const number of range(1, 400))
      await server.broadcast.feedbackUpdate(1, feedback(number, { comment }));
    await fill(server, 50, 2_000);
    client.resume();
    await client.next(({ diagnosis_id, offset }) => diagnosis_id === TOPIC && offset === 2_000);
    const frames = client.frames.filter(({ diagnosis_id }) => diagnosis_id === TOPIC).slice(1);
    expect(seen(frames, epoch)).toEqual(expected('Slow reader'));
  });
});

describe('Server restart', () => {
  it('goes as PROTOCOL.md shows', async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/log.db`;
    const before = await TestServer.start({ path });
    const epoch = await fill(before, 1, 2_000);
    await using old = await arrive(before, '7', `${epoch}:2000`);
    await old.connected(TOPIC);
    await before.close();
    expect(await old.closed()).toEqual({ code: 1012, reason: 'restarting' });
    await using after = await TestServer.start({ path });
    await fill(after, 2_001, 2_001);
    await using client = await arrive(after, '7', `${epoch}:2000`);
    await client.publications(1);
    expect(seen([...old.frames.slice(1), ...client.frames], epoch)).toEqual(expected('Server restart'));
  });
});

describe('Two devices of one user', () => {
  it('goes as PROTOCOL.md shows', async () => {
    await using server = await TestServer.start({ timing: { receiptIntervalMs: 1 } });
    const epoch = await fill(server, 1, 2_001);
    const [a, b] = await Promise.all([
      arrive(server, '7', `${epoch}:2001`),
      arrive(server, '7', `${epoch}:2001`),
    ]);
    await a.connected(TOPIC);
    await b.connected(TOPIC);
    await a.cut();
    await fill(server, 2_002, 2_002);
    await b.publications(1);
    const received = b.frames.slice(1);
    await b.settled();
    await b.cut();
    const own = await arrive(server, '7', `${epoch}:2001`, { autoPong: false });
    await own.publications(1);
    await own.cut();
    const none = await arrive(server);
    await none.connected(TOPIC);
    expect(seen(received, epoch)).toEqual(expected('Two devices of one user', 'B'));
    expect(seen([...own.frames, ...none.frames], epoch)).toEqual(expected('Two devices of one user', 'A'));
    await none.cut();
  });
});

describe('A refused subscription', () => {
  it('goes as PROTOCOL.md shows', async () => {
    await using server = await TestServer.start();
    const epoch = await fill(server, 1, 2_002);
    await using client = await RawClient.authenticated(server.url, await token());
    client.send({ type: 'subscribe', diagnosis_id: 124 });
    client.send({ type: 'subscribe', diagnosis_id: TOPIC, after: `${epoch}:2002` });
    await client.connected(TOPIC);
    expect(seen(client.frames, epoch)).toEqual(expected('A refused subscription'));
  });
});

/** What an HTTP dialogue shows: requests with their key and body, and the answers. */
function exchanges(heading: string) {
  return blocks(heading, 'http').flatMap((block) =>
    [...block.matchAll(/^POST (\S+)\n(.*?)\n\n(\{.*?\})\n\n(\d+) [\w ]+\n\n(\{.*?\})$/gms)].map(
      ([, path = '', headers = '', body = '', status = '', answer = '']) => ({
        type: path.replace('/ws/broadcast-', ''),
        headers: Object.fromEntries(
          [...headers.matchAll(/^(Idempotency-Key): (.*)$/gm)].map(([, k, v]) => [k, v]),
        ),
        body,
        status: Number(status),
        answer: JSON.parse(answer),
      }),
    ),
  );
}

describe('Retry of a publish with the same key', () => {
  it('goes as PROTOCOL.md shows', async () => {
    await using server = await TestServer.start();
    const epoch = await fill(server, 1, 2_002);
    const clients = await Promise.all(['7', '9'].map((sub) => arrive(server, sub, `${epoch}:2002`)));
    for (const client of clients) await client.connected(TOPIC);
    const shownExchanges = exchanges('Retry of a publish with the same key');
    expect(shownExchanges.map(({ status }) => status)).toEqual([200, 200, 409]);
    for (const { type, headers, body, status, answer } of shownExchanges) {
      const response = await publish(server.url, type, body, { token: await token(), headers });
      expect([response.status, alike((await response.json()) as object, epoch)]).toEqual([status, answer]);
    }
    for (const client of clients) {
      await client.settled();
      expect(client.frames.filter(({ offset }) => offset !== undefined)).toHaveLength(1);
      await client.cut();
    }
  });
});

describe('An addressed publication', () => {
  it('goes as PROTOCOL.md shows', async () => {
    await using server = await TestServer.start();
    const epoch = await fill(server, 1, 2_003);
    const a = await arrive(server, '7', `${epoch}:2003`);
    const b = await arrive(server, '9', `${epoch}:2003`);
    for (const client of [a, b]) await client.connected(TOPIC);
    const [exchange] = exchanges('An addressed publication');
    const response = await publish(server.url, exchange?.type ?? '', exchange?.body ?? '', {
      token: await token(),
    });
    expect(alike((await response.json()) as object, epoch)).toEqual(exchange?.answer);
    await fill(server, 2_005, 2_005);
    await a.publications(2);
    await b.publications(1);
    await b.cut();
    await using again = await arrive(server, '9', `${epoch}:2003`);
    await again.publications(1);
    expect(seen(a.frames.slice(1), epoch)).toEqual(expected('An addressed publication', 'A'));
    expect(seen([...b.frames.slice(1), ...again.frames], epoch)).toEqual(
      expected('An addressed publication', 'B'),
    );
    await a.cut();
  });
});
