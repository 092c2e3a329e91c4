import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { redisLog } from '../../src/log/redis.ts';
import { hasRedis } from '../../src/testing/redis-server.ts';
import { connectNode, hurry, type RedisNode, soon, startRedis, usable } from '../support/redis-node.ts';
import { startProxy } from '../support/tcp-proxy.ts';

const TOPIC = 7;

async function startTwoNodes() {
  hurry();
  const redis = await startRedis();
  const one = await connectNode({ url: redis.url });
  const other = await connectNode({ url: redis.url, prefix: one.prefix });
  const key = (name: string) => `${one.prefix}:{control}:${name}`;
  const beats = async () => Number(await redis.command('HGET', key('lineage'), 'beats'));
  /** Resolves when both nodes have told all they know about twice. */
  const bothBeat = async () => {
    const before = await beats();
    await soon(async () => expect(await beats()).toBeGreaterThan(before + 4));
  };
  return { redis, one, other, key, bothBeat };
}

async function epochOf({ log }: RedisNode) {
  return (await log.state(TOPIC)).epoch;
}

describe.skipIf(!hasRedis())('the lineage of the data', () => {
  it('goes on when Redis forgets it, and nothing else', async () => {
    const { redis, one, other, key, bothBeat } = await startTwoNodes();
    const epoch = await epochOf(one);
    await redis.command('DEL', key('lineage'));
    await bothBeat();
    expect([await epochOf(one), await epochOf(other)]).toEqual([epoch, epoch]);
  });

  it('goes on when Redis forgets everything: each log begins once, and not again', async () => {
    const { redis, one, other, key, bothBeat } = await startTwoNodes();
    const before = await epochOf(one);
    const lineage = await redis.command('HGET', key('lineage'), 'id');
    await bothBeat();
    await redis.command('FLUSHALL');
    const epoch = await epochOf(other);
    expect(epoch).not.toBe(before);
    await bothBeat();
    expect([await epochOf(one), await epochOf(other)]).toEqual([epoch, epoch]);
    expect(await redis.command('HGET', key('lineage'), 'id')).toBe(lineage);
  });

  it('goes on when a node finds nothing that knows less of it than the others', async () => {
    hurry();
    const redis = await startRedis();
    const proxies = [await startProxy(redis.port), await startProxy(redis.port)] as const;
    const first = await connectNode({ url: `redis://127.0.0.1:${proxies[0].port}` });
    const second = await connectNode({ url: `redis://127.0.0.1:${proxies[1].port}`, prefix: first.prefix });
    proxies[0].cut();
    const beats = () => redis.command('HGET', `${first.prefix}:{control}:lineage`, 'beats');
    const before = Number(await beats());
    await soon(async () => expect(Number(await beats())).toBeGreaterThan(before + 10));
    proxies[1].cut();
    await soon(() => expect(second.nodes.check()).rejects.toThrow());
    await redis.command('FLUSHALL');
    proxies[0].mend();
    await usable(first.log);
    const epoch = await epochOf(first);
    proxies[1].mend();
    await usable(second.log);
    expect([await epochOf(second), await epochOf(first)]).toEqual([epoch, epoch]);
  });

  it.each([
    ['an older state of it', (number: string) => ['beats', '1', 'number', number]],
    ['an older lineage', (number: string) => ['number', `${Number(number) - 1}`]],
    ['another lineage of the same time', (number: string) => ['id', 'other', 'number', number]],
  ])('ends when Redis has %s', async (_, fields) => {
    const { redis, one, other, key, bothBeat } = await startTwoNodes();
    const epoch = await epochOf(one);
    await bothBeat();
    const number = await redis.command('HGET', key('lineage'), 'number');
    const putBack = `
      redis.call('HSET', KEYS[1], unpack(ARGV))
      redis.call('HSET', KEYS[2], 'lineage', redis.call('HGET', KEYS[1], 'id'))`;
    const keys = [key('lineage'), `${one.prefix}:{${TOPIC}}:head`];
    await redis.command('EVAL', putBack, '2', ...keys, ...fields(number));
    await bothBeat();
    const after = await epochOf(one);
    expect(after).not.toBe(epoch);
    await bothBeat();
    expect([await epochOf(one), await epochOf(other)]).toEqual([after, after]);
  });

  it('is counted on from what the nodes know when Redis lost it', async () => {
    const { redis, one, other, key, bothBeat } = await startTwoNodes();
    await redis.command('HSET', key('lineage'), 'id', 'later', 'number', '7');
    await bothBeat();
    await redis.kill();
    await redis.restart();
    await usable(one.log);
    await usable(other.log);
    expect(await redis.command('HGET', key('lineage'), 'number')).toBe('8');
  });

  it('is taken over from a node that knows a later one', async () => {
    const { redis, one, other, key, bothBeat } = await startTwoNodes();
    const number = Number(await redis.command('HGET', key('lineage'), 'number'));
    await redis.command('HSET', key('lineage'), 'id', 'later', 'number', `${number + 1}`);
    await bothBeat();
    expect(await redis.command('HGET', key('lineage'), 'id')).toBe('later');
    expect(await epochOf(one)).toBe(await epochOf(other));
  });

  it('ends for a node that has a revocation to tell and cannot', async () => {
    const { redis, one, other, key, bothBeat } = await startTwoNodes();
    const epoch = await epochOf(one);
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    for (const { nodes } of [one, other]) await expect(nodes.revoke('ann', 1_000)).rejects.toThrow();
    const script = `#!lua flags=allow-oom
      redis.call('HINCRBY', KEYS[1], 'number', 1)
      redis.call('HSET', KEYS[1], 'id', 'later')`;
    await redis.command('EVAL', script, '1', key('lineage'));
    await bothBeat();
    const after = await epochOf(one);
    expect(after).not.toBe(epoch);
    expect([await epochOf(other), await epochOf(one)]).toEqual([after, after]);
  });
});

describe.skipIf(!hasRedis())('revocations', () => {
  it('are all known before a node is used, however many', async () => {
    const { redis, one, key } = await startTwoNodes();
    const script = `for index = 1, 2500 do
      redis.call('XADD', KEYS[1], '*', 'u', '"user' .. index .. '"', 'at', index)
    end`;
    await redis.command('EVAL', script, '1', key('revocations'));
    const late = redisLog({ url: redis.url, prefix: one.prefix });
    const revoked: string[] = [];
    late.nodes?.onRevocation((userId) => revoked.push(userId));
    await late.nodes?.check();
    expect(revoked).toEqual(Array.from({ length: 2_500 }, (_, index) => `user${index + 1}`));
    await late.close();
  });

  it('of others that Redis lost come from them, before the node is used that Redis lost', async () => {
    const redis = await startRedis({ appendfsync: 'everysec' });
    const proxy = await startProxy(redis.port);
    const one = await connectNode({ url: redis.url });
    const cut = await connectNode({ url: `redis://127.0.0.1:${proxy.port}`, prefix: one.prefix });
    await one.nodes.revoke('bob', 1_000);
    await soon(() => expect(cut.revoked).toEqual([['bob', 1_000]]));
    proxy.cut();
    // As after a failover to a server whose clock is behind.
    await redis.command('DEL', `${one.prefix}:{control}:revocations`);
    const entry = ['u', '"ann"', 'at', '1000'];
    await redis.command('XADD', `${one.prefix}:{control}:revocations`, '1-1', ...entry);
    await redis.command('HSET', `${one.prefix}:{control}:lineage`, 'run', 'another');
    await soon(async () =>
      expect(await redis.command('HGET', `${one.prefix}:{control}:lineage`, 'run')).not.toBe('another'),
    );
    proxy.mend();
    await usable(cut.log);
    expect(cut.revoked).toContainEqual(['ann', 1_000]);
  });

  it('count by their time, in whatever order they come', async () => {
    const { redis, one } = await startTwoNodes();
    for (const at of [2_000, 3_000, 1_000]) await one.nodes.revoke('ann', at);
    const late = redisLog({ url: redis.url, prefix: one.prefix });
    await late.nodes?.check();
    const revoked: number[] = [];
    late.nodes?.onRevocation((_, at) => revoked.push(at));
    expect(Math.max(...revoked)).toBe(3_000);
    await late.close();
  });

  it('are told once more by the node that made them when Redis forgets them', async () => {
    const { redis, one, key, bothBeat } = await startTwoNodes();
    await one.nodes.revoke('ann', 1_000);
    await redis.command('DEL', key('revocations'));
    await redis.command('HSET', key('lineage'), 'run', 'another');
    await bothBeat();
    const late = await connectNode({ url: redis.url, prefix: one.prefix });
    expect(late.revoked).toEqual([['ann', 1_000]]);
  });

  it('are heard of at once', async () => {
    // No second ever passes, after which they would be found anyhow.
    vi.useFakeTimers({ toFake: ['setInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const redis = await startRedis();
    const one = await connectNode({ url: redis.url });
    const other = await connectNode({ url: redis.url, prefix: one.prefix });
    await one.nodes.revoke('ann', 1_000);
    await soon(() => expect(other.revoked).toEqual([['ann', 1_000]]));
  });
});

describe.skipIf(!hasRedis())('the census', () => {
  it('has nobody any more who left, whatever was going on', async () => {
    const { redis, one, other, key } = await startTwoNodes();
    for (let round = 0; round < 15; round += 1) {
      const nodes = await Promise.all(
        Array.from({ length: 4 }, () => connectNode({ url: redis.url, prefix: one.prefix })),
      );
      for (const [index, { nodes: their }] of nodes.entries()) {
        void their.revoke(`${index}`, round).catch(() => {});
      }
      await wait(Math.random() * 30);
      await Promise.all(nodes.map(({ log }) => log.close()));
      expect(await redis.command('HLEN', key('census'))).toBe('2');
    }
    await Promise.all([one.log.close(), other.log.close()]);
    expect(await redis.command('HLEN', key('census'))).toBe('0');
  });

  it('loses a node that says nothing any more, after half a minute', async () => {
    const { redis, one, key, bothBeat } = await startTwoNodes();
    const now = Date.now();
    await redis.command('HSET', key('census'), 'dead', `${now - 1}:[5,[[1,5]]]`);
    await redis.command('HSET', key('census'), 'quiet', `${now + 29_000}:[7,[[1,7]]]`);
    await bothBeat();
    expect(await one.nodes.census()).toEqual({ connections: 7, subscriptions: new Map([[1, 7]]) });
    expect(await redis.command('HEXISTS', key('census'), 'dead')).toBe('0');
    const [until = ''] = (await redis.command('HVALS', key('census'))).split(':');
    expect(Number(until)).toBeGreaterThan(now + 25_000);
    expect(Number(until)).toBeLessThan(Date.now() + 31_000);
  });
});
