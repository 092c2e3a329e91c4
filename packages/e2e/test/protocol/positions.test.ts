import { memoryLog } from '@vitalwire/server';
import { tokenOf } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { feedback, numbersOf, offsetsOf, range } from '../../support/publications.ts';
import { RawClient } from '../../support/raw-client.ts';
import { TestServer, temporaryFolder } from '../../support/test-server.ts';

/** Publishes these numbers to diagnosis 1 and returns the epoch. */
async function fill(server: TestServer, first: number, last: number, comment?: string): Promise<string> {
  const more = comment === undefined ? {} : { comment };
  const answers = await Promise.all(
    range(first, last).map((number) => server.broadcast.feedbackUpdate(1, feedback(number, more))),
  );
  return answers.at(-1)?.epoch ?? '';
}

describe('Positions', () => {
  it('counts the offsets of a topic 1, 2, 3 … in one epoch, whoever publishes', async () => {
    await using server = await TestServer.start();
    const answers = await Promise.all(
      range(1, 50).map((number) => server.broadcast.feedbackUpdate(1, feedback(number))),
    );
    expect(answers.map(({ offset }) => offset)).toEqual(range(1, 50));
    expect(new Set(answers.map(({ epoch }) => epoch)).size).toBe(1);
    const { offset, epoch } = await server.broadcast.feedbackUpdate(2, feedback(1));
    expect(offset).toBe(1);
    expect(epoch).not.toBe(answers[0]?.epoch);
  });

  it('keeps the epoch over a restart when the log is on disk, also of a topic without publications', async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/log.db`;
    const before = await TestServer.start({ path });
    const epoch = await fill(before, 1, 3);
    const empty = await before.client([2]);
    empty.send({ type: 'subscribe', diagnosis_id: 2 });
    const { epoch: emptyEpoch } = (await empty.connected(2)).data;
    await before.close();
    await using after = await TestServer.start({ path });
    await using client = await after.client([1, 2]);
    expect(await client.subscribe(1, `${epoch}:2`)).toMatchObject({
      data: { recovery: { status: 'recovered', count: 1 } },
    });
    expect(await client.subscribe(2, `${emptyEpoch}:0`)).toMatchObject({
      data: { recovery: { status: 'recovered', count: 0 } },
    });
    expect(await after.broadcast.feedbackUpdate(1, feedback(4))).toMatchObject({ epoch, offset: 4 });
    await client.next(({ offset }) => offset === 4);
    expect(numbersOf(client.frames)).toEqual([3, 4]);
  });

  it('starts a new epoch with every log in memory', async () => {
    const before = await TestServer.start();
    const epoch = await fill(before, 1, 1);
    await before.close();
    await using after = await TestServer.start();
    expect(await fill(after, 1, 1)).not.toBe(epoch);
  });
});

describe('Where a subscription starts', () => {
  it('is exclusive: after a position comes the next publication', async () => {
    await using server = await TestServer.start();
    const epoch = await fill(server, 1, 5);
    for (const offset of range(0, 5)) {
      await using client = await server.plain(1, { sub: `user ${offset}`, after: `${epoch}:${offset}` });
      expect((await client.connected(1)).data.recovery).toEqual({
        status: 'recovered',
        from: `${epoch}:${offset}`,
        to: `${epoch}:5`,
        count: 5 - offset,
      });
      await client.publications(5 - offset);
      await client.settled();
      expect(offsetsOf(client.frames)).toEqual(range(offset + 1, 5));
    }
  });

  it('is the user’s receipt when no position is given, also after a restart', async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/log.db`;
    const before = await TestServer.start({ path });
    const first = await before.plain(1);
    const epoch = await fill(before, 1, 3);
    await first.publications(3);
    await first.settled(); // the ping frame came with the publications; its pong arrives before this ping is answered
    await first.cut();
    await fill(before, 4, 5);
    await before.close();
    await using after = await TestServer.start({ path });
    await using client = await after.plain(1);
    expect((await client.connected(1)).data.recovery).toEqual({
      status: 'recovered',
      from: `${epoch}:3`,
      to: `${epoch}:5`,
      count: 2,
    });
    expect(numbersOf(await client.publications(2))).toEqual([4, 5]);
  });

  it('is the oldest retained publication for a user never seen', async () => {
    await using server = await TestServer.start({ retention: { publications: 3 } });
    const epoch = await fill(server, 1, 5);
    await using client = await server.plain(1, { sub: 'new' });
    expect((await client.connected(1)).data.recovery).toEqual({
      status: 'fresh',
      from: `${epoch}:2`,
      to: `${epoch}:5`,
      count: 3,
    });
    expect(numbersOf(await client.publications(3))).toEqual([3, 4, 5]);
  });

  it.each(['latest', 'earliest'])('is %s when asked, whatever the receipt says', async (after) => {
    await using server = await TestServer.start();
    await using before = await server.plain(1);
    const epoch = await fill(server, 1, 3);
    await before.publications(3);
    await before.settled();
    await before.cut();
    await fill(server, 4, 4);
    await using client = await server.plain(1, { after });
    const { recovery } = (await client.connected(1)).data;
    await fill(server, 5, 5);
    if (after === 'latest') {
      expect(recovery).toEqual({ status: 'fresh', from: `${epoch}:4`, to: `${epoch}:4`, count: 0 });
      expect(numbersOf(await client.publications(1))).toEqual([5]);
    } else {
      expect(recovery).toEqual({ status: 'fresh', from: `${epoch}:0`, to: `${epoch}:4`, count: 4 });
      expect(numbersOf(await client.publications(5))).toEqual(range(1, 5));
    }
  });
});

describe('Recovery', () => {
  it('counts exactly what follows, over many pages', async () => {
    await using server = await TestServer.start();
    const epoch = await fill(server, 1, 1_000);
    await using client = await server.plain(1, { after: `${epoch}:7` });
    const { recovery } = (await client.connected(1)).data;
    expect(recovery).toMatchObject({ status: 'recovered', count: 993 });
    expect(offsetsOf(await client.publications(993))).toEqual(range(8, 1_000));
    await client.settled();
    expect(client.frames.filter(({ offset }) => offset !== undefined)).toHaveLength(993);
  });

  it('is recovered with count 0 for a subscriber that missed nothing, also when everything has expired', async () => {
    let now = Date.now();
    const log = memoryLog({ retention: { ageMs: 60_000 }, now: () => now });
    await using server = await TestServer.start({ log });
    const epoch = await fill(server, 1, 3);
    now += 120_000;
    await using client = await server.plain(1, { after: `${epoch}:3` });
    expect((await client.connected(1)).data.recovery).toEqual({
      status: 'recovered',
      from: `${epoch}:3`,
      to: `${epoch}:3`,
      count: 0,
    });
    await fill(server, 4, 4);
    expect(offsetsOf(await client.publications(1))).toEqual([4]);
  });

  it('sends publications that arrive while catching up once, after the older ones', async () => {
    await using server = await TestServer.start();
    const epoch = await fill(server, 1, 900);
    await using client = await server.plain(1, { after: `${epoch}:0` });
    for (const number of range(901, 950)) await fill(server, number, number);
    expect(offsetsOf(await client.publications(950))).toEqual(range(1, 950));
  });
});

describe('Gaps', () => {
  it('has the reason retention when the next publication is no longer retained, and not one earlier', async () => {
    await using server = await TestServer.start({ retention: { publications: 3 } });
    const epoch = await fill(server, 1, 10);
    await using exact = await server.plain(1, { sub: 'exact', after: `${epoch}:7` });
    expect((await exact.connected(1)).data.recovery).toMatchObject({ status: 'recovered', count: 3 });
    await using late = await server.plain(1, { sub: 'late', after: `${epoch}:6` });
    expect((await late.connected(1)).data.recovery).toEqual({
      status: 'gap',
      reason: 'retention',
      last_seen: `${epoch}:6`,
      first_available: `${epoch}:8`,
      from: `${epoch}:7`,
      to: `${epoch}:10`,
      count: 3,
    });
    expect(offsetsOf(await late.publications(3))).toEqual([8, 9, 10]);
  });

  it('has the reason retention also when everything has expired', async () => {
    let now = Date.now();
    const log = memoryLog({ retention: { ageMs: 60_000 }, now: () => now });
    await using server = await TestServer.start({ log });
    const epoch = await fill(server, 1, 3);
    now += 120_000;
    await using client = await server.plain(1, { after: `${epoch}:2` });
    expect((await client.connected(1)).data.recovery).toEqual({
      status: 'gap',
      reason: 'retention',
      last_seen: `${epoch}:2`,
      first_available: `${epoch}:4`,
      from: `${epoch}:3`,
      to: `${epoch}:3`,
      count: 0,
    });
    await fill(server, 4, 4);
    expect(offsetsOf(await client.publications(1))).toEqual([4]);
  });

  it('has the reason epoch_changed for a position of another epoch, even if its offset is too large', async () => {
    await using server = await TestServer.start();
    const epoch = await fill(server, 1, 2);
    for (const offset of [0, 1, 2, 999_999_999_999_999]) {
      await using client = await server.plain(1, { sub: `user ${offset}`, after: `other:${offset}` });
      expect((await client.connected(1)).data.recovery).toMatchObject({
        status: 'gap',
        reason: 'epoch_changed',
        last_seen: `other:${offset}`,
        first_available: `${epoch}:1`,
        from: `${epoch}:0`,
        count: 2,
      });
      expect(offsetsOf(await client.publications(2))).toEqual([1, 2]);
    }
  });

  it('has the reason position_unknown for a position beyond the top', async () => {
    await using server = await TestServer.start();
    const epoch = await fill(server, 1, 2);
    await using client = await server.plain(1, { after: `${epoch}:3` });
    expect((await client.connected(1)).data.recovery).toMatchObject({
      status: 'gap',
      reason: 'position_unknown',
      last_seen: `${epoch}:3`,
      first_available: `${epoch}:1`,
    });
    expect(offsetsOf(await client.publications(2))).toEqual([1, 2]);
  });

  it('opens on the same connection when the log begins a new epoch', async () => {
    let now = Date.now();
    const log = memoryLog({ retention: { ageMs: 1_000, topAgeMs: 2_000 }, now: () => now });
    await using server = await TestServer.start({ log });
    await using client = await server.plain(1);
    const old = await fill(server, 1, 2);
    await client.publications(2);
    now += 10_000;
    const fresh = await fill(server, 3, 3);
    expect(fresh).not.toBe(old);
    expect((await client.connected(1)).data.recovery).toMatchObject({
      status: 'gap',
      reason: 'epoch_changed',
      last_seen: `${old}:2`,
      first_available: `${fresh}:1`,
    });
    expect(numbersOf(await client.publications(1))).toEqual([3]);
  });

  it('opens on the same connection when retention overtakes a slow reader', async () => {
    await using server = await TestServer.start({ retention: { publications: 100 } });
    await using client = await server.plain(1);
    await client.connected(1);
    client.pause();
    // More than the network's buffers hold, published as fast as possible.
    const comment = 'x'.repeat(20_000);
    for (const start of range(0, 19)) await fill(server, start * 50 + 1, start * 50 + 50, comment);
    client.resume();
    const { data } = await client.connected(1);
    if (data.recovery.status !== 'gap') throw new Error('a second connect announces a gap');
    expect(data.recovery).toMatchObject({ status: 'gap', reason: 'retention', count: 100 });
    const [epoch, firstAvailable] = data.recovery.first_available.split(':');
    const [, lastSeen] = data.recovery.last_seen.split(':');
    expect(data.recovery.first_available).toBe(`${epoch}:901`);
    await client.publications(100);
    await fill(server, 1_001, 1_001);
    await client.publications(1);
    // Before the gap everything up to last_seen, after it everything that is retained, and then live.
    expect(offsetsOf(client.frames)).toEqual([
      ...range(1, Number(lastSeen)),
      ...range(Number(firstAvailable), 1_001),
    ]);
    expect(client.frames.filter(({ type }) => type === 'connect')).toHaveLength(2);
  });
});

describe('Duplicates', () => {
  it('does not send a publication twice within a connection', async () => {
    await using server = await TestServer.start();
    await using client = await server.plain(1);
    for (const number of range(1, 100)) void server.broadcast.feedbackUpdate(1, feedback(number));
    await client.publications(100);
    await client.settled();
    expect(offsetsOf(client.frames)).toEqual(range(1, 100));
  });

  it('sends again what was received and not proven, with the same offsets', async () => {
    await using server = await TestServer.start();
    const unproven = await server.plain(1, { autoPong: false });
    await fill(server, 1, 3);
    const first = await unproven.publications(3);
    await unproven.settled();
    await unproven.cut();
    await using again = await server.plain(1);
    const second = await again.publications(3);
    expect(second.map(({ text }) => text)).toEqual(first.map(({ text }) => text));
  });
});

describe('Receipts', () => {
  it('gives a client that pongs and comes back without a position only the rest', async () => {
    await using server = await TestServer.start({ timing: { receiptIntervalMs: 1 } });
    const expected: number[] = [];
    for (const round of range(0, 9)) {
      const client = await server.plain(1);
      await client.connected(1);
      await fill(server, round * 3 + 1, round * 3 + 3);
      await client.publications(3);
      expected.push(...range(round * 3 + 1, round * 3 + 3));
      expect(numbersOf(client.frames)).toEqual(expected.splice(0));
      await client.settled();
      await client.cut();
    }
  });

  it('proves exactly what came before the ping', async () => {
    await using server = await TestServer.start();
    const client = await server.plain(1, { autoPong: false });
    await client.connected(1);
    await fill(server, 1, 2); // the first delivery is followed by a ping
    await client.publications(2);
    await client.settled();
    await fill(server, 3, 4); // within a second, so without a ping of its own
    await client.publications(2);
    expect(client.pings).toHaveLength(1);
    client.pongFrame(client.pings[0] ?? '');
    await client.settled();
    await client.cut();
    await using again = await server.plain(1);
    expect((await again.connected(1)).data.recovery).toMatchObject({ status: 'recovered', count: 2 });
    expect(numbersOf(await again.publications(2))).toEqual([3, 4]);
  });

  it('takes no pong for a proof that repeats no ping', async () => {
    await using server = await TestServer.start();
    const client = await server.plain(1, { autoPong: false });
    await fill(server, 1, 2);
    await client.publications(2);
    for (const payload of ['', '0', '2', '99', 'x'.repeat(125)]) client.pongFrame(payload);
    await client.settled();
    await client.cut();
    await using again = await server.plain(1);
    expect((await again.connected(1)).data.recovery).toMatchObject({ status: 'fresh', count: 2 });
  });

  it('is shared by the devices of one user and by no other user', async () => {
    await using server = await TestServer.start();
    await using phone = await server.plain(1, { sub: 'ann' });
    await phone.connected(1);
    await fill(server, 1, 3);
    await phone.publications(3);
    await phone.settled();
    await using tablet = await server.plain(1, { sub: 'ann' });
    expect((await tablet.connected(1)).data.recovery).toMatchObject({ status: 'recovered', count: 0 });
    await using other = await server.plain(1, { sub: 'ben' });
    expect((await other.connected(1)).data.recovery).toMatchObject({ status: 'fresh', count: 3 });
    await fill(server, 4, 4);
    for (const device of [phone, tablet]) expect(numbersOf(await device.publications(1))).toEqual([4]);
  });

  it('never moves backwards, when a device proves late what another one is past', async () => {
    await using server = await TestServer.start();
    await using late = await server.plain(1, { autoPong: false });
    await late.connected(1);
    await fill(server, 1, 3);
    await late.publications(3);
    await using ahead = await server.plain(1, { after: 'latest' });
    await ahead.connected(1);
    await fill(server, 4, 5);
    await ahead.publications(2);
    await ahead.settled();
    await server.server.status(); // writes what is proven to the log
    late.pongFrame(late.pings[0] ?? '');
    await late.settled();
    await server.server.status();
    await using third = await server.plain(1);
    expect((await third.connected(1)).data.recovery).toMatchObject({ status: 'recovered', count: 0 });
  });

  it('is proven on GET /ws for each topic on its own', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1, 2], { autoPong: false });
    await client.subscribe(1);
    await client.subscribe(2);
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.publications(1);
    client.pongFrame(client.pings[0] ?? '');
    await server.broadcast.feedbackUpdate(2, feedback(2));
    await client.publications(1);
    await client.settled();
    await using again = await server.client([1, 2]);
    expect(await again.subscribe(1)).toMatchObject({ data: { recovery: { status: 'recovered', count: 0 } } });
    expect(await again.subscribe(2)).toMatchObject({ data: { recovery: { status: 'fresh', count: 1 } } });
  });
});

describe('Addressed publications', () => {
  it('reaches only the addressed user, and keeps its place in the order', async () => {
    await using server = await TestServer.start();
    await using ann = await server.plain(1, { sub: 'ann' });
    await using ben = await server.plain(1, { sub: 'ben' });
    for (const client of [ann, ben]) await client.connected(1);
    await server.broadcast.feedbackUpdate(1, feedback(1));
    const answer = await server.broadcast.feedbackUpdate(1, feedback(2), { to: 'ann' });
    await server.broadcast.feedbackUpdate(1, feedback(3));
    expect(answer).toMatchObject({ offset: 2, clients_notified: 1 });
    expect(offsetsOf(await ann.publications(3))).toEqual([1, 2, 3]);
    expect(offsetsOf(await ben.publications(2))).toEqual([1, 3]);
    await ben.settled();
    expect(offsetsOf(ben.frames)).toEqual([1, 3]);
    expect(JSON.stringify(ben.frames)).not.toContain('"feedback_id":2');
  });

  it('leaves a hole for others that is no gap, and count counts only what they may see', async () => {
    await using server = await TestServer.start();
    const epoch = await fill(server, 1, 1);
    for (const to of ['ann', 'ben', 'ann']) await server.broadcast.feedbackUpdate(1, feedback(9), { to });
    await fill(server, 5, 5);
    const seen = { ann: [2, 4, 5], ben: [3, 5], cid: [5] };
    for (const [sub, offsets] of Object.entries(seen)) {
      await using client = await server.plain(1, { sub, after: `${epoch}:1` });
      expect((await client.connected(1)).data.recovery).toMatchObject({
        status: 'recovered',
        count: offsets.length,
      });
      await client.publications(offsets.length);
      await client.settled();
      expect(offsetsOf(client.frames)).toEqual(offsets);
    }
  });

  it('does not say who is addressed', async () => {
    await using server = await TestServer.start();
    await using client = await server.plain(1, { sub: 'ann' });
    await server.broadcast.feedbackUpdate(1, feedback(1), { to: 'ann' });
    const [publication] = await client.publications(1);
    expect(publication?.text).not.toContain('ann');
  });

  it('does not count for others what retention took', async () => {
    await using server = await TestServer.start({ retention: { publications: 2 } });
    const epoch = await fill(server, 1, 1);
    for (const _ of range(1, 3)) await server.broadcast.feedbackUpdate(1, feedback(9), { to: 'ann' });
    await using ben = await server.plain(1, { sub: 'ben', after: `${epoch}:1` });
    expect((await ben.connected(1)).data.recovery).toMatchObject({
      status: 'gap',
      reason: 'retention',
      count: 0,
    });
  });
});

describe('Slow readers', () => {
  it('sends a slow reader everything that is retained, in order, when it reads again', async () => {
    await using server = await TestServer.start({ retention: { publications: 2_000 } });
    await using slow = await server.plain(1);
    await using fast = await server.plain(1, { sub: 'fast' });
    await slow.connected(1);
    slow.pause();
    const comment = 'x'.repeat(20_000);
    for (const start of range(0, 19)) {
      await fill(server, start * 50 + 1, start * 50 + 50, comment);
      await fast.publications(50);
    }
    slow.resume();
    await slow.publications(1_000, 10_000);
    for (const client of [slow, fast]) expect(offsetsOf(client.frames)).toEqual(range(1, 1_000));
    expect(slow.frames.filter(({ type }) => type === 'connect')).toHaveLength(1);
  });

  it('goes on after every wait, however little may wait for a connection', async () => {
    await using server = await TestServer.start({ limits: { maxBufferedBytes: 1 } });
    await using client = await server.plain(1);
    await client.connected(1);
    client.pause();
    const comment = 'x'.repeat(30_000);
    for (const number of range(1, 400)) await fill(server, number, number, comment);
    client.resume();
    await client.publications(400);
    expect(offsetsOf(client.frames)).toEqual(range(1, 400));
  });

  it('closes with 4408 stalled a reader that takes nothing for 60 seconds', async () => {
    await using server = await TestServer.start({ timing: { stallTimeoutMs: 1_000 } });
    await using slow = await server.plain(1);
    await slow.connected(1);
    slow.pause();
    const comment = 'x'.repeat(20_000);
    for (const start of range(0, 19)) await fill(server, start * 50 + 1, start * 50 + 50, comment);
    const ended = async () => {
      while (server.logger.find('connection ended', { reason: 'stalled' }) === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await ended();
    slow.resume();
    expect(await slow.closed()).toMatchObject({ code: 4408, reason: 'stalled' });
    expect(slow.frames.at(-1)).toMatchObject({ type: 'disconnect', code: 4408, reconnect: true });
  });
});

describe('What a client does with its position', () => {
  it('gives exactly once to a client that follows the rules, however it is cut', async () => {
    await using server = await TestServer.start();
    const token = await tokenOf({ diagnoses: [1] });
    const handled: number[] = [];
    let position: string | undefined;
    let published = 0;
    let cuts = 0;
    while (handled.length < 500) {
      await using client = await RawClient.authenticated(server.url, token);
      client.send({ type: 'subscribe', diagnosis_id: 1, ...(position !== undefined && { after: position }) });
      const { recovery } = (await client.connected(1)).data;
      expect(recovery.status).toBe(position === undefined ? 'fresh' : 'recovered');
      position ??= recovery.from;
      for (const _ of range(1, 7))
        if (published < 500) void server.broadcast.feedbackUpdate(1, feedback(++published));
      const share = Math.min(1 + (cuts++ % 9), 500 - handled.length);
      for (const { epoch, offset } of await client.publications(share)) {
        const [, last] = position.split(':');
        if (Number(offset) <= Number(last)) continue;
        handled.push(Number(offset));
        position = `${epoch}:${offset}`;
      }
    }
    expect(handled).toEqual(range(1, 500));
    expect(cuts).toBeGreaterThan(50);
  });
});
