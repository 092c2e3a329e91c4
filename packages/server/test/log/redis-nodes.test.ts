import { describe, expect, it, onTestFinished } from 'vitest';
import { LogUnavailableError, OutcomeUnknownError } from '../../src/errors.ts';
import { redisLog } from '../../src/log/redis.ts';
import { hasRedis } from '../../src/testing/redis-server.ts';
import {
  connectNode,
  EVERYTHING,
  hearsAgain,
  hurry,
  offsetsHeard,
  SOMEBODY,
  soon,
  startRedis,
  usable,
} from '../support/redis-node.ts';

const TOPIC = 7;

async function startTwoNodes() {
  hurry();
  const redis = await startRedis();
  const one = await connectNode({ url: redis.url });
  const other = await connectNode({ url: redis.url, prefix: one.prefix });
  return { redis, one, other };
}

describe.skipIf(!hasRedis())('several nodes', () => {
  it('hear what the others append, in the order of the log', async () => {
    const { one, other } = await startTwoNodes();
    for (const { nodes } of [one, other]) await nodes.attend(TOPIC, SOMEBODY);
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        (index % 2 === 0 ? one : other).log.append(TOPIC, { text: `${index}` }),
      ),
    );
    const offsets = Array.from({ length: 200 }, (_, index) => index + 1);
    for (const node of [one, other]) await soon(() => expect(offsetsHeard(node, TOPIC)).toEqual(offsets));
    const texts = one.heard.flatMap(({ publications }) => publications.map(({ text }) => text));
    expect(other.heard.flatMap(({ publications }) => publications.map(({ text }) => text))).toEqual(texts);
    expect(new Set(texts).size).toBe(200);
    expect([...one.interrupted, ...other.interrupted]).toEqual([]);
  });

  it('count the subscriptions of all, and of one user', async () => {
    const { one, other } = await startTwoNodes();
    const users = new Map([
      ['ann', 2],
      ['bob', 1],
    ]);
    await one.nodes.attend(TOPIC, users);
    await other.nodes.attend(TOPIC, new Map([['ann', 3]]));
    const recipients = async (to?: string) => (await one.log.append(TOPIC, { text: 'a', to })).recipients;
    expect(await recipients()).toBe(6);
    expect(await recipients('ann')).toBe(5);
    expect(await recipients('bob')).toBe(1);
    expect(await recipients('nobody')).toBe(0);
    users.delete('ann');
    await one.nodes.attend(TOPIC, users);
    expect(await recipients()).toBe(4);
    expect(await recipients('ann')).toBe(3);
  });

  it('give a repeated append the count of the first', async () => {
    const { one, other } = await startTwoNodes();
    await one.nodes.attend(TOPIC, new Map([['ann', 2]]));
    const entry = { text: 'a', idempotency: { key: 'key', memo: '' } };
    expect(await one.log.append(TOPIC, entry)).toMatchObject({ recipients: 2 });
    await other.nodes.attend(TOPIC, new Map([['bob', 1]]));
    expect(await other.log.append(TOPIC, entry)).toMatchObject({ recipients: 2, duplicateOf: '' });
  });

  it('do not count a node that left, or one that is not heard of any more', async () => {
    const { redis, one, other } = await startTwoNodes();
    for (const { nodes } of [one, other]) await nodes.attend(TOPIC, new Map([['ann', 1]]));
    await other.log.close();
    const count = async (to?: string) => (await one.log.append(TOPIC, { text: 'a', to })).recipients;
    expect([await count(), await count('ann')]).toEqual([1, 1]);
    const key = `${one.prefix}:{${TOPIC}}:`;
    await redis.command('HSET', `${key}users`, 'dead "ann"', '5');
    await redis.command('HSET', `${key}nodes`, 'dead', '1000:5');
    expect([await count(), await count('ann')]).toEqual([1, 1]);
    await one.nodes.attend(TOPIC, new Map([['ann', 2]]));
    expect(await redis.command('HLEN', `${key}nodes`)).toBe('1');
    expect(await redis.command('HLEN', `${key}users`)).toBe('1');
  });

  it('know who is connected to the others', async () => {
    const { one, other } = await startTwoNodes();
    one.nodes.report(() => ({ connections: 3, subscriptions: new Map([[1, 2]]) }));
    other.nodes.report(() => ({
      connections: 4,
      subscriptions: new Map([
        [1, 1],
        [2, 5],
      ]),
    }));
    const all = {
      connections: 7,
      subscriptions: new Map([
        [1, 3],
        [2, 5],
      ]),
    };
    for (const { nodes } of [one, other]) {
      await soon(async () => expect(await nodes.census()).toEqual(all));
    }
    await other.log.close();
    await soon(async () => expect(await one.nodes.census()).toMatchObject({ connections: 3 }));
  });

  it('hear of a revocation, also those that start later, and after Redis forgot it', async () => {
    const { redis, one, other } = await startTwoNodes();
    await one.nodes.revoke('ann \ud800', 1_000);
    await soon(() => expect(other.revoked).toContainEqual(['ann \ud800', 1_000]));
    const late = await connectNode({ url: redis.url, prefix: one.prefix });
    expect(late.revoked).toEqual([['ann \ud800', 1_000]]);
    await redis.kill();
    await redis.restart();
    await usable(one.log);
    const after = await connectNode({ url: redis.url, prefix: one.prefix });
    await soon(() => expect(after.revoked).toEqual([['ann \ud800', 1_000]]));
  });

  it('tell a revocation that Redis could not take as soon as it can', async () => {
    const { redis, one, other } = await startTwoNodes();
    await redis.kill();
    await soon(() => expect(one.nodes.check()).rejects.toThrow());
    await expect(one.nodes.revoke('ann', 1_000)).rejects.toThrow(LogUnavailableError);
    await redis.restart();
    await soon(() => expect(other.revoked).toContainEqual(['ann', 1_000]));
  });

  it.each(['pubsub', 'normal'])(
    'notice what they missed when Redis cuts their %s connections',
    async (type) => {
      const { redis, one, other } = await startTwoNodes();
      await one.nodes.attend(TOPIC, SOMEBODY);
      await one.log.append(TOPIC, { text: 'a' });
      await soon(() => expect(offsetsHeard(one, TOPIC)).toEqual([1]));
      await redis.command('CLIENT', 'KILL', 'TYPE', type);
      await soon(() => other.log.append(TOPIC, { text: 'b' }));
      await soon(() =>
        expect(one.interrupted.includes(TOPIC) || offsetsHeard(one, TOPIC).includes(2)).toBe(true),
      );
      await hearsAgain(one, TOPIC, other);
    },
  );
});

describe.skipIf(!hasRedis())('a Redis that is away', () => {
  it('fails appends at once, and is used again when it is back', async () => {
    const redis = await startRedis({ appendfsync: 'always' });
    // Longer than the test may take: nobody waits for that.
    const { log, nodes } = await connectNode({ url: redis.url, commandTimeoutMs: 60_000 });
    await log.append(TOPIC, { text: 'a' });
    await redis.kill();
    await soon(() => expect(nodes.check()).rejects.toThrow(LogUnavailableError));
    await expect(log.append(TOPIC, { text: 'b' })).rejects.toThrow(LogUnavailableError);
    for (const call of [
      () => log.read(TOPIC, 0, EVERYTHING),
      () => log.state(TOPIC),
      () => log.count(TOPIC, 0, 1, 'ann'),
      () => log.received(TOPIC, 'ann'),
      () => log.unreceived(),
      () => nodes.census(),
      () => nodes.attend(TOPIC, SOMEBODY),
    ]) {
      await expect(call()).rejects.toThrow(LogUnavailableError);
    }
    await redis.restart();
    await usable(log);
    expect(await log.append(TOPIC, { text: 'c' })).toMatchObject({ position: { offset: 2 } });
  });

  it('leaves an append that it did not answer open, and a repetition finds out', async () => {
    const redis = await startRedis();
    const { log, nodes } = await connectNode({ url: redis.url, commandTimeoutMs: 500 });
    await log.state(TOPIC);
    redis.pause();
    const entry = { text: 'a', idempotency: { key: 'key', memo: 'memo' } };
    await expect(log.append(TOPIC, entry)).rejects.toThrow(OutcomeUnknownError);
    await expect(nodes.check()).rejects.toThrow(LogUnavailableError);
    redis.resume();
    await usable(log);
    await log.append(TOPIC, entry);
    await log.append(TOPIC, entry);
    expect(await log.read(TOPIC, 0, EVERYTHING)).toMatchObject({ top: 1 });
  });

  it('is waited for from the beginning', async () => {
    const redis = await startRedis();
    await redis.kill();
    const log = redisLog({ url: redis.url });
    onTestFinished(() => log.close());
    await expect(log.nodes?.check()).rejects.toThrow(LogUnavailableError);
    await redis.restart();
    await soon(() => log.nodes?.check());
    expect(await log.append(TOPIC, { text: 'a' })).toMatchObject({ position: { offset: 1 } });
  });
});
