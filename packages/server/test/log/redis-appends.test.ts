import * as redisModule from '@redis/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LogUnavailableError, OutcomeUnknownError } from '../../src/errors.ts';
import type { Entry } from '../../src/log/log-store.ts';
import { parseAddress } from '../../src/log/redis/address.ts';
import { readChannelMessage } from '../../src/log/redis/channel-message.ts';
import { singleDriver } from '../../src/log/redis/driver.ts';
import { Link } from '../../src/log/redis/link.ts';
import { hasRedis, type RedisServer } from '../../src/testing/redis-server.ts';
import {
  connectNode,
  EVERYTHING,
  offsetsHeard,
  type RedisNode,
  SOMEBODY,
  soon,
  startRedis,
  usable,
} from '../support/redis-node.ts';

const TOPIC = 7;

type Appending = readonly (string | Entry)[];

/** All of them in one turn. */
function appendAll({ log }: RedisNode, entries: Appending) {
  return entries.map((entry) => log.append(TOPIC, typeof entry === 'string' ? { text: entry } : entry));
}

function keyed(text: string, key: string): Entry {
  return { text, idempotency: { key, memo: `memo of ${text}` } };
}

function channelOf({ prefix }: RedisNode): string {
  return `${prefix}:{${TOPIC}}`;
}

function key(node: RedisNode, name: string): string {
  return `${channelOf(node)}:${name}`;
}

/** What is said on the topic's channel about publications: the texts of each call. */
async function overhear({ port }: RedisServer, node: RedisNode): Promise<string[][]> {
  const driver = singleDriver(redisModule, parseAddress('redis://h'), { host: '127.0.0.1', port }, 1_000);
  const link = new Link(driver, 1_000);
  onTestFinished(() => link.close(new Error('the test is finished')));
  await link.connect();
  const said: string[][] = [];
  await link.subscribe(channelOf(node), (message) => {
    const publications = readChannelMessage(message)?.publications;
    if (publications) said.push(publications.map(({ text }) => text));
  });
  return said;
}

async function retained({ log }: RedisNode) {
  const { publications } = await log.read(TOPIC, 0, EVERYTHING);
  return publications.map(({ offset, text }) => `${offset} ${text}`);
}

describe.skipIf(!hasRedis())('appends of one turn to one topic', () => {
  async function start(options: Parameters<typeof startRedis>[0] = {}) {
    const redis = await startRedis(options);
    const node = await connectNode({ url: redis.url, commandTimeoutMs: 500 });
    await node.nodes.attend(TOPIC, SOMEBODY);
    return { redis, node };
  }

  it('are one call, which announces them together', async () => {
    const { redis, node } = await start();
    const said = await overhear(redis, node);
    await Promise.all(appendAll(node, ['a', 'b', 'c']));
    await Promise.all(appendAll(node, ['d']));
    await soon(() => expect(said).toEqual([['a', 'b', 'c'], ['d']]));
    expect(offsetsHeard(node, TOPIC)).toEqual([1, 2, 3, 4]);
  });

  it('are several calls when one would hold Redis for long', async () => {
    const { redis, node } = await start();
    const said = await overhear(redis, node);
    await Promise.all(appendAll(node, Array(300).fill('short')));
    const large = 'x'.repeat(100_000);
    await Promise.all(appendAll(node, [large, large, large, large.repeat(10), 'short']));
    await soon(() => expect(said.flat()).toHaveLength(305));
    expect(said.map(({ length }) => length)).toEqual([128, 128, 44, 2, 1, 1, 1]);
    expect(offsetsHeard(node, TOPIC)).toEqual(Array.from({ length: 305 }, (_, index) => index + 1));
  });

  it('are counted for those who may see each', async () => {
    const { redis, node } = await start();
    const other = await connectNode({ url: redis.url, prefix: node.prefix });
    await other.nodes.attend(TOPIC, new Map([['ann', 2]]));
    const to = (user: string) => ({ text: user, to: user });
    const appended = await Promise.all(appendAll(node, ['all', to('ann'), to('somebody'), to('bob'), 'all']));
    expect(appended.map(({ recipients }) => recipients)).toEqual([3, 2, 1, 0, 3]);
    expect(await node.log.count(TOPIC, 0, 5, 'ann')).toBe(3);
  });

  it('may be repetitions, of each other as well', async () => {
    const { redis, node } = await start();
    const said = await overhear(redis, node);
    await Promise.all(appendAll(node, ['before', keyed('a', 'k')]));
    const entries = [keyed('x', 'k'), 'b', keyed('c', 'l'), keyed('y', 'l'), keyed('z', 'k'), 'd'];
    const appended = await Promise.all(appendAll(node, entries));
    expect(appended.map(({ position, duplicateOf }) => [position.offset, duplicateOf])).toEqual([
      [2, 'memo of a'],
      [3, undefined],
      [4, undefined],
      [4, 'memo of c'],
      [2, 'memo of a'],
      [5, undefined],
    ]);
    await Promise.all(appendAll(node, [keyed('x', 'k'), keyed('y', 'l')]));
    await Promise.all(appendAll(node, ['after']));
    await soon(() => expect(said).toEqual([['before', 'a'], ['b', 'c', 'd'], ['after']]));
  });

  it('begin anew together when the log has lost what its stream holds', async () => {
    const { redis, node } = await start();
    const [first] = await Promise.all(appendAll(node, [keyed('a', 'k'), 'b', 'c']));
    await redis.command('HSET', key(node, 'head'), 'top', '1');
    const appended = await Promise.all(appendAll(node, [keyed('a', 'k'), 'd']));
    expect(appended.map(({ position, duplicateOf }) => [position.offset, duplicateOf])).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
    expect(new Set(appended.map(({ position }) => position.epoch)).size).toBe(1);
    expect(appended[0]?.position.epoch).not.toBe(first?.position.epoch);
    expect(await retained(node)).toEqual(['1 a', '2 d']);
  });

  it.each(['nodes', 'users', 'entries', 'key:"k"'])(
    'are all refused when %s is a key of another type',
    async (name) => {
      const { redis, node } = await start();
      await Promise.all(appendAll(node, ['before']));
      const said = await overhear(redis, node);
      await redis.command('DEL', key(node, name));
      await redis.command('SET', key(node, name), 'of somebody else');
      const entries = ['a', keyed('b', 'l'), { text: 'c', to: 'ann' }, keyed('d', 'k')];
      for (const each of await Promise.allSettled(appendAll(node, entries))) {
        expect(each).toMatchObject({ status: 'rejected', reason: expect.any(LogUnavailableError) });
      }
      await redis.command('DEL', key(node, name));
      const [after] = await Promise.all(appendAll(node, [keyed('e', 'l')]));
      expect(after).toMatchObject({ position: { offset: 2 } });
      expect(after?.duplicateOf).toBeUndefined();
      await soon(() => expect(said).toEqual([['e']]));
    },
  );

  it('are all refused when the memory of Redis is full', async () => {
    const { redis, node } = await start();
    await Promise.all(appendAll(node, [keyed('a', 'k')]));
    const said = await overhear(redis, node);
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    for (const each of await Promise.allSettled(appendAll(node, ['b', keyed('c', 'l'), 'd']))) {
      expect(each).toMatchObject({ status: 'rejected', reason: expect.any(LogUnavailableError) });
    }
    // A repetition needs no memory.
    expect(await node.log.append(TOPIC, keyed('a', 'k'))).toMatchObject({ duplicateOf: 'memo of a' });
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await Promise.all(appendAll(node, [keyed('c', 'l')]));
    await soon(() => expect(said).toEqual([['c']]));
    expect(await retained(node)).toEqual(['1 a', '2 c']);
  });

  it('are all open when the answer is lost, and repetitions find out', async () => {
    const { redis, node } = await start();
    const entries = [keyed('a', 'k'), keyed('b', 'l'), keyed('c', 'm')];
    redis.pause();
    for (const each of await Promise.allSettled(appendAll(node, entries))) {
      expect(each).toMatchObject({ status: 'rejected', reason: expect.any(OutcomeUnknownError) });
    }
    redis.resume();
    await usable(node.log);
    await Promise.all(appendAll(node, entries));
    const again = await Promise.all(appendAll(node, entries));
    expect(again.map(({ position }) => position.offset)).toEqual([1, 2, 3]);
    expect(await retained(node)).toEqual(['1 a', '2 b', '3 c']);
  });

  it('are finished when the log is closed within the turn', async () => {
    const { redis, node } = await start();
    const appending = Promise.allSettled(appendAll(node, ['a', 'b']));
    void node.log.close();
    expect(await appending).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
    await expect(node.log.append(TOPIC, { text: 'c' })).rejects.toThrow(LogUnavailableError);
    expect(await redis.command('XLEN', key(node, 'entries'))).toBe('2');
  });
});

describe.skipIf(!hasRedis())('appends of one turn to several topics', () => {
  const topics = Array.from({ length: 100 }, (_, index) => index + 1);

  it('are few calls, in which each topic has a log of its own', async () => {
    const redis = await startRedis();
    const { log } = await connectNode({ url: redis.url });
    const calls = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.command('INFO', 'commandstats'))?.[1]);
    const before = await calls();
    const turn = () => Promise.all([...topics, ...topics].map((topic) => log.append(topic, { text: 'a' })));
    const appended = [...(await turn()), ...(await turn())];
    expect((await calls()) - before).toBeLessThan(20);
    expect(appended.map(({ position }) => position.offset)).toEqual(
      [1, 2, 3, 4].flatMap((offset) => topics.map(() => offset)),
    );
    expect(new Set(appended.map(({ position }) => position.epoch)).size).toBe(topics.length);
  });

  it('are refused for the topic that cannot take them, and for no other', async () => {
    const redis = await startRedis();
    const node = await connectNode({ url: redis.url });
    await redis.command('SET', key(node, 'head'), 'of somebody else');
    const turn = [TOPIC - 1, TOPIC, TOPIC + 1].flatMap((topic) => [
      node.log.append(topic, keyed(`a of ${topic}`, 'k')),
      node.log.append(topic, { text: `b of ${topic}` }),
      node.log.append(topic, keyed(`c of ${topic}`, 'l')),
    ]);
    const outcomes = await Promise.allSettled(turn);
    const refused = { status: 'rejected', reason: expect.any(LogUnavailableError) };
    const done = [1, 2, 3].map((offset) => ({ status: 'fulfilled', value: { position: { offset } } }));
    expect(outcomes).toMatchObject([...done, refused, refused, refused, ...done]);
    const again = await node.log.append(TOPIC + 1, keyed(`c of ${TOPIC + 1}`, 'l'));
    expect(again).toMatchObject({ position: { offset: 3 }, duplicateOf: `memo of c of ${TOPIC + 1}` });
  });

  it('end the link when this server takes no writes any more', async () => {
    const redis = await startRedis();
    const { log, nodes } = await connectNode({ url: redis.url });
    await log.append(TOPIC, { text: 'a' });
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    await expect(log.append(TOPIC, { text: 'b' })).rejects.toThrow(LogUnavailableError);
    await expect(nodes.check()).rejects.toThrow(LogUnavailableError);
    await redis.command('REPLICAOF', 'NO', 'ONE');
    await usable(log);
    expect(await log.append(TOPIC, { text: 'c' })).toBeDefined();
  });
});
