import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { LogUnavailableError } from '../../src/errors.ts';
import type { Topic } from '../../src/log/log-store.ts';
import type { RedisLogOptions } from '../../src/log/redis.ts';
import { hasRedis, RedisServer } from '../../src/testing/redis-server.ts';
import {
  connectNode,
  EVERYTHING,
  offsetsHeard,
  SOMEBODY,
  skipTime,
  soon,
  startRedis,
} from '../support/redis-node.ts';
import { startProxy } from '../support/tcp-proxy.ts';

const TOPIC = 7;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe.skipIf(!hasRedis())('what is kept in Redis', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  async function connect(options: Partial<RedisLogOptions> = {}) {
    const node = await connectNode({ url: redis.url, ...options });
    const key = (name: string, topic: Topic = TOPIC) => `${node.prefix}:{${topic}}:${name}`;
    const expiry = async (name: string) => Number(await redis.command('PTTL', key(name)));
    return { ...node, key, expiry };
  }

  describe('expires', () => {
    it('an hour after the retention has hidden it, counted from the last append', async () => {
      let now = 1_000_000_000_000;
      const { log, key, expiry } = await connect({
        retention: { ageMs: DAY_MS, topAgeMs: 3 * DAY_MS },
        now: () => now,
      });
      const entry = { text: 'a', idempotency: { key: 'key', memo: '' } };
      const { position } = await log.append(TOPIC, entry);
      await log.receive([{ topic: TOPIC, userId: 'ann', position }]);
      const within = (milliseconds: number) =>
        expect.toSatisfy((left: number) => left <= milliseconds && left > milliseconds - 60_000);
      expect(await expiry('entries')).toEqual(within(DAY_MS + HOUR_MS));
      expect(await expiry('head')).toEqual(within(3 * DAY_MS + HOUR_MS));
      expect(await expiry('receipts')).toEqual(within(3 * DAY_MS + HOUR_MS));
      expect(await expiry('key:"key"')).toEqual(within(DAY_MS + HOUR_MS));
      for (const name of ['entries', 'head', 'receipts']) await redis.command('PERSIST', key(name));
      now += HOUR_MS / 2 - 1;
      await log.append(TOPIC, { text: 'b' });
      expect(await expiry('entries')).toBe(-1);
      now += 1;
      await log.append(TOPIC, { text: 'c' });
      expect(await expiry('entries')).toEqual(within(DAY_MS + HOUR_MS));
      expect(await expiry('head')).toEqual(within(3 * DAY_MS + HOUR_MS));
      expect(await expiry('receipts')).toEqual(within(3 * DAY_MS + HOUR_MS));
    });

    it('never without a limit, also when there was one before', async () => {
      let now = 1_000_000_000_000;
      const limited = await connect({ retention: { ageMs: DAY_MS }, now: () => now });
      await limited.log.append(TOPIC, { text: 'a' });
      expect(await limited.expiry('entries')).toBeGreaterThan(0);
      now += HOUR_MS;
      const unlimited = await connect({
        prefix: limited.prefix,
        retention: { ageMs: Infinity, topAgeMs: Infinity, publications: Infinity },
        now: () => now,
      });
      const entry = { text: 'b', idempotency: { key: 'key', memo: '' } };
      await unlimited.log.append(TOPIC, entry);
      for (const name of ['entries', 'head', 'key:"key"']) expect(await unlimited.expiry(name)).toBe(-1);
      now += 100 * 365 * DAY_MS;
      expect(await unlimited.log.state(TOPIC)).toMatchObject({ earliest: 1, top: 2 });
      expect(await unlimited.log.append(TOPIC, entry)).toMatchObject({ duplicateOf: '' });
    });

    it('even when nothing was ever appended', async () => {
      const { log, expiry } = await connect({ retention: { ageMs: DAY_MS, topAgeMs: DAY_MS } });
      await log.state(TOPIC);
      expect(await expiry('head')).toBeGreaterThan(DAY_MS);
    });

    it('with the counts of nodes that say nothing any more', async () => {
      const { nodes, expiry } = await connect();
      await nodes.attend(TOPIC, SOMEBODY);
      for (const name of ['nodes', 'users']) {
        expect(await expiry(name)).toBeGreaterThan(25_000);
        expect(await expiry(name)).toBeLessThanOrEqual(30_000);
      }
    });
  });

  describe('of a log', () => {
    it('is little more than its retention, and never less', async () => {
      let now = 1_000_000_000_000;
      const retention = { publications: 10, ageMs: DAY_MS };
      const { log, key } = await connect({ retention, now: () => now });
      const length = async () => Number(await redis.command('XLEN', key('entries')));
      for (let count = 1; count <= 60; count += 1) {
        await log.append(TOPIC, { text: `${count}` });
        expect(await length()).toBeGreaterThanOrEqual(Math.min(count, 10));
        expect(await length()).toBeLessThan(10 + 16);
      }
      // The sixteenth after everything before has expired, which is when it is tidied up.
      for (let count = 61; count < 64; count += 1) await log.append(TOPIC, { text: `${count}` });
      now += DAY_MS;
      await log.append(TOPIC, { text: '64' });
      expect(await length()).toBe(1);
      expect(await log.read(TOPIC, 0, EVERYTHING)).toMatchObject({ earliest: 64, top: 64 });
    });

    it('is read in pages that are measured as JavaScript does', async () => {
      const { log } = await connect();
      for (let count = 0; count < 3; count += 1) await log.append(TOPIC, { text: 'aé€\u{1F600}' }); // 5
      const lengths = [];
      for (const size of [4, 5, 9, 10, 14, 15]) {
        lengths.push((await log.read(TOPIC, 0, { publications: 10, size })).publications.length);
      }
      expect(lengths).toEqual([1, 1, 1, 2, 2, 3]);
    });

    it('is counted to its end, however long it is', async () => {
      const { log } = await connect();
      const to = (index: number) => (index % 10 === 0 ? 'ann' : undefined);
      await Promise.all(
        Array.from({ length: 1_000 }, (_, index) => log.append(TOPIC, { text: 'a', to: to(index) })),
      );
      expect(await log.count(TOPIC, 0, 1_000, 'ann')).toBe(1_000);
      expect(await log.count(TOPIC, 0, 1_000, 'bob')).toBe(900);
      expect(await log.count(TOPIC, 0, 600, 'bob')).toBe(540);
    });

    it('is received as far as anybody has, in whatever order they are told', async () => {
      const { log } = await connect();
      const [first, , third] = await Promise.all(['a', 'b', 'c'].map((text) => log.append(TOPIC, { text })));
      const receipt = (userId: string, appended = first) => {
        const position = appended?.position ?? { epoch: '', offset: 0 };
        return { topic: TOPIC, userId, position };
      };
      await log.receive([receipt('ann', third), receipt('bob')]);
      expect(await log.unreceived()).toEqual(new Map());
    });

    it('is told at once to those who follow it when its epoch is renewed', async () => {
      vi.useFakeTimers({ toFake: ['setInterval'] });
      onTestFinished(() => void vi.useRealTimers());
      const node = await connect();
      const other = await connect({ prefix: node.prefix });
      await node.nodes.attend(TOPIC, SOMEBODY);
      await other.log.append(TOPIC, { text: 'a' });
      await soon(() => expect(offsetsHeard(node, TOPIC)).toEqual([1]));
      await redis.command('HSET', node.key('head'), 'lineage', 'another');
      await other.log.received(TOPIC, 'ann');
      await soon(() => expect(node.interrupted).toEqual([TOPIC]));
    });

    it('knows its idempotency keys also in a renewed epoch', async () => {
      const { log, key } = await connect();
      const entry = { text: 'a', idempotency: { key: 'key', memo: 'memo' } };
      const { position } = await log.append(TOPIC, entry);
      await redis.command('HSET', key('head'), 'lineage', 'another');
      const again = await log.append(TOPIC, entry);
      expect(again).toMatchObject({ position: { offset: 1 }, duplicateOf: 'memo' });
      expect(again.position.epoch).not.toBe(position.epoch);
    });
  });

  describe('of the topics that were appended to', () => {
    it('forgets those of which nothing can be retained', async () => {
      const { log, prefix } = await connect({ retention: { ageMs: DAY_MS } });
      const topics = `${prefix}:{control}:topics`;
      const before = Date.now() - DAY_MS;
      await log.append(TOPIC, { text: 'a' });
      await redis.command('ZADD', topics, `${before - 3 * HOUR_MS}`, '8', `${before - HOUR_MS}`, '9');
      expect(await log.unreceived()).toEqual(new Map([[TOPIC, 1]]));
      expect(await redis.command('ZRANGE', topics, '0', '-1')).toBe(`9\n${TOPIC}`);
    });

    it('is told again every hour', async () => {
      const { log, prefix } = await connect();
      const topics = `${prefix}:{control}:topics`;
      await log.append(TOPIC, { text: 'a' });
      await redis.command('ZADD', topics, '1', `${TOPIC}`);
      await log.append(TOPIC, { text: 'b' });
      expect(await redis.command('ZSCORE', topics, `${TOPIC}`)).toBe('1');
      skipTime()(HOUR_MS + 1);
      await log.append(TOPIC, { text: 'c' });
      const score = Number(await redis.command('ZSCORE', topics, `${TOPIC}`));
      expect(Math.abs(score - Date.now())).toBeLessThan(60_000);
    });

    it('is told again when it could not be told', async () => {
      const { log, prefix } = await connect();
      const topics = `${prefix}:{control}:topics`;
      await redis.command('SET', topics, 'of somebody else');
      await log.append(TOPIC, { text: 'a' });
      await redis.command('DEL', topics);
      await log.append(TOPIC, { text: 'b' });
      expect(await log.unreceived()).toEqual(new Map([[TOPIC, 2]]));
    });
  });

  describe('keeps whole', () => {
    it('numbers that Lua would shorten', async () => {
      const now = 2e14 + 7;
      const { log, nodes, key, heard } = await connect({ now: () => now, retention: { topAgeMs: 1e14 } });
      await nodes.attend(TOPIC, SOMEBODY);
      const { epoch } = await log.state(TOPIC);
      const top = 999_999_999_999_990;
      await redis.command('HSET', key('head'), 'top', `${top}`);
      const entry = { text: 'a', to: 'ann', idempotency: { key: 'key', memo: '' } };
      expect(await log.append(TOPIC, entry)).toMatchObject({ position: { epoch, offset: top + 1 } });
      expect(await log.append(TOPIC, entry)).toMatchObject({ position: { offset: top + 1 } });
      const position = { epoch, offset: top + 1 };
      expect(await log.read(TOPIC, 0, EVERYTHING)).toEqual({
        epoch,
        top: top + 1,
        earliest: top + 1,
        publications: [{ offset: top + 1, text: 'a', to: 'ann' }],
      });
      expect(await log.count(TOPIC, top, top + 1, 'ann')).toBe(1);
      await log.receive([{ topic: TOPIC, userId: 'ann', position }]);
      expect(await log.received(TOPIC, 'ann')).toEqual(position);
      await soon(() => expect(heard.at(-1)?.publications[0]?.offset).toBe(top + 1));
      expect(await redis.command('HGET', key('head'), 'time')).toBe(`${now}`);
    });

    it('users of every kind', async () => {
      const node = await connect({ prefix: 'a.b:c-_d' });
      const names = ['', ' ', '\n', '"', '\\', 'é\u{1F600}', '\ud800', 'null', 'x'.repeat(100_000)];
      await node.nodes.attend(TOPIC, new Map(names.map((name, index) => [name, index + 1])));
      for (const [index, to] of names.entries()) {
        const { recipients, position } = await node.log.append(TOPIC, { text: '\n{}\n', to });
        expect(recipients).toBe(index + 1);
        await node.log.receive([{ topic: TOPIC, userId: to, position }]);
        expect(await node.log.received(TOPIC, to)).toEqual(position);
        expect(await node.log.count(TOPIC, 0, position.offset, to)).toBe(1);
      }
      const page = await node.log.read(TOPIC, 0, EVERYTHING);
      expect(page.publications.map(({ to }) => to)).toEqual(names);
      await soon(() => expect(offsetsHeard(node, TOPIC)).toHaveLength(names.length));
      expect(node.heard.flatMap(({ publications }) => publications)).toEqual(page.publications);
    });
  });

  it('is apart in another database, and so is what is announced', async () => {
    const first = await connect();
    const second = await connect({ url: `${redis.url}/1`, prefix: first.prefix });
    for (const { nodes } of [first, second]) await nodes.attend(TOPIC, SOMEBODY);
    await second.log.append(TOPIC, { text: 'second' });
    await second.nodes.revoke('ann', 1);
    await first.log.append(TOPIC, { text: 'first' });
    await soon(() => expect(offsetsHeard(second, TOPIC)).toEqual([1]));
    await soon(() => expect(offsetsHeard(first, TOPIC)).toEqual([1]));
    expect(first.heard[0]?.publications[0]?.text).toBe('first');
    expect(first.revoked).toEqual([]);
  });
});

describe.skipIf(!hasRedis())('what somebody has damaged', () => {
  it.each([
    ['beyond the top', '3-0', '7-0'],
    ['of another kind', '3-0', '3-1'],
    ['beyond the top, far below', '2-0', '7-0'],
  ])('a stream with a hole and an entry %s: begins anew', async (_, hole, entry) => {
    const redis = await startRedis();
    const { log, prefix } = await connectNode({ url: redis.url });
    const stream = `${prefix}:{${TOPIC}}:entries`;
    for (const text of ['a', 'b', 'c']) await log.append(TOPIC, { text, to: 'ann' });
    await redis.command('XDEL', stream, hole);
    await redis.command('XADD', stream, entry, 't', `${Date.now()}`, 'd', 'damaged');
    const { epoch, publications } = await log.read(TOPIC, 1, EVERYTHING);
    expect(publications).toEqual([]);
    expect(await log.count(TOPIC, 0, 3, 'ann')).toBe(0);
    expect((await log.append(TOPIC, { text: 'd' })).position).toEqual({ epoch, offset: 1 });
  });

  it('a stream with a hole: it is no obstacle when it is tidied up, and nothing is counted of it', async () => {
    const redis = await startRedis();
    const { log, prefix } = await connectNode({ url: redis.url, retention: { publications: 9 } });
    const stream = `${prefix}:{${TOPIC}}:entries`;
    for (let count = 1; count < 16; count += 1) await log.append(TOPIC, { text: `${count}` });
    await redis.command('XDEL', stream, '8-0');
    expect(await log.append(TOPIC, { text: '16' })).toMatchObject({ position: { offset: 16 } });
    expect(await log.state(TOPIC)).toMatchObject({ top: 16, earliest: 17 });
    for (const text of ['17', '18', '19']) await log.append(TOPIC, { text });
    await redis.command('XDEL', stream, '18-0');
    expect(await log.count(TOPIC, 0, 19, 'ann')).toBe(0);
    expect(await log.append(TOPIC, { text: '20' })).toMatchObject({ position: { offset: 20 } });
    await redis.command('XDEL', stream, '20-0');
    await log.append(TOPIC, { text: '21' });
    expect(await log.unreceived()).toEqual(new Map([[TOPIC, 1]]));
    for (const text of ['22', '23']) await log.append(TOPIC, { text });
    await redis.command('XDEL', stream, '22-0');
    expect(await log.unreceived()).toEqual(new Map());
  });

  it.each(['nodes', 'users', 'head', 'entries'])(
    'a key %s of another type: nothing is appended',
    async (name) => {
      const redis = await startRedis();
      const { log, nodes, prefix } = await connectNode({ url: redis.url });
      await nodes.attend(TOPIC, SOMEBODY);
      await log.append(TOPIC, { text: 'a' });
      const key = `${prefix}:{${TOPIC}}:${name}`;
      await redis.command('RENAME', key, 'kept');
      await redis.command('SET', key, 'of somebody else');
      await expect(log.append(TOPIC, { text: 'b', to: 'ann' })).rejects.toThrow(LogUnavailableError);
      await redis.command('RENAME', 'kept', key);
      expect(await log.read(TOPIC, 0, EVERYTHING)).toMatchObject({
        top: 1,
        publications: [{ text: 'a' }],
      });
      expect(await log.append(TOPIC, { text: 'c' })).toMatchObject({ position: { offset: 2 } });
    },
  );

  it('scripts that Redis has forgotten are sent again', async () => {
    const redis = await startRedis();
    const { log } = await connectNode({ url: redis.url });
    await redis.command('SCRIPT', 'FLUSH');
    expect(await log.append(TOPIC, { text: 'a' })).toMatchObject({ position: { offset: 1 } });
    expect(await log.append(TOPIC, { text: 'b' })).toMatchObject({ position: { offset: 2 } });
  });

  it('an old word of where a log stands does no harm', async () => {
    const redis = await startRedis();
    const proxy = await startProxy(redis.port);
    const node = await connectNode({ url: `redis://127.0.0.1:${proxy.port}` });
    const other = await connectNode({ url: redis.url, prefix: node.prefix });
    await node.nodes.attend(TOPIC, SOMEBODY);
    for (const text of ['a', 'b', 'c']) await other.log.append(TOPIC, { text });
    await soon(() => expect(offsetsHeard(node, TOPIC)).toEqual([1, 2, 3]));
    const { epoch } = await other.log.state(TOPIC);
    const channel = `${node.prefix}:{${TOPIC}}`;
    await redis.command('SPUBLISH', channel, `s${epoch}:2`);
    await node.log.append(TOPIC, { text: 'd' });
    expect(await other.log.state(TOPIC)).toMatchObject({ epoch, top: 4 });
    expect(node.interrupted).toEqual([]);
    // Nor when the log has begun anew, and this node does not know yet.
    proxy.mute(channel);
    await redis.command('DEL', `${channel}:head`);
    const anew = await other.log.append(TOPIC, { text: 'new' });
    proxy.mute();
    await redis.command('SPUBLISH', channel, `s${epoch}:3`);
    await soon(() => expect(node.interrupted).toContain(TOPIC));
    expect(await other.log.state(TOPIC)).toMatchObject({ epoch: anew.position.epoch, top: 1 });
  });

  it('messages of somebody else on a channel are passed over', async () => {
    const redis = await startRedis();
    const node = await connectNode({ url: redis.url });
    await node.nodes.attend(TOPIC, SOMEBODY);
    for (const text of ['', 'x', 'p', 'px', 'pe:1', 'pe:1\nnobody', 's', 'sx', 'se:1:1']) {
      for (const name of [`{${TOPIC}}`, '{control}'])
        await redis.command('SPUBLISH', `${node.prefix}:${name}`, text);
    }
    await node.log.append(TOPIC, { text: 'a' });
    await soon(() => expect(offsetsHeard(node, TOPIC)).toEqual([1]));
  });
});
