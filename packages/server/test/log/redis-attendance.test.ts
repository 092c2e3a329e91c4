import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LogUnavailableError } from '../../src/errors.ts';
import { hasRedis } from '../../src/testing/redis-server.ts';
import {
  connectNode,
  hearsAgain,
  hurry,
  offsetsHeard,
  SOMEBODY,
  skipTime,
  soon,
  startRedis,
  usable,
} from '../support/redis-node.ts';
import { startProxy } from '../support/tcp-proxy.ts';

const TOPIC = 7;

/** A node that can be cut off from Redis, and one that cannot. */
async function startNodeBehindProxy() {
  const beats = hurry();
  const redis = await startRedis();
  const proxy = await startProxy(redis.port);
  const node = await connectNode({ url: `redis://127.0.0.1:${proxy.port}` });
  const other = await connectNode({ url: redis.url, prefix: node.prefix });
  const key = (name: string, topic = TOPIC) => `${node.prefix}:{${topic}}:${name}`;
  return { redis, proxy, node, other, key, beats };
}

async function recipients({ log }: Awaited<ReturnType<typeof connectNode>>, to?: string) {
  return (await log.append(TOPIC, { text: 'a', to })).recipients;
}

describe.skipIf(!hasRedis())('a node that was cut off', () => {
  it('learns of the first publication of a log that it saw begin', async () => {
    const { proxy, node, other } = await startNodeBehindProxy();
    await node.nodes.attend(TOPIC, SOMEBODY);
    expect(await node.log.state(TOPIC)).toMatchObject({ top: 0 });
    proxy.cut();
    await other.log.append(TOPIC, { text: 'a' });
    proxy.mend();
    await usable(node.log);
    await soon(() => expect(node.interrupted).toEqual([TOPIC]));
  });

  it('learns of what was appended meanwhile, and that nothing was', async () => {
    const { proxy, node, other } = await startNodeBehindProxy();
    for (const topic of [1, 2]) {
      await node.nodes.attend(topic, SOMEBODY);
      await other.log.append(topic, { text: 'a' });
      await soon(() => expect(offsetsHeard(node, topic)).toEqual([1]));
    }
    proxy.cut();
    await other.log.append(1, { text: 'a' });
    proxy.mend();
    await soon(() => expect(node.interrupted).toEqual([1]));
    await usable(node.log);
    await other.log.append(2, { text: 'a' });
    await soon(() => expect(offsetsHeard(node, 2)).toEqual([1, 2]));
    expect(node.interrupted).toEqual([1]);
  });

  it('counts who is here now, not who was', async () => {
    const { proxy, node, other } = await startNodeBehindProxy();
    const users = new Map([['ann', 1]]);
    await node.nodes.attend(TOPIC, users);
    proxy.cut();
    users.delete('ann');
    users.set('bob', 2);
    await expect(node.nodes.attend(TOPIC, users)).rejects.toThrow(LogUnavailableError);
    proxy.mend();
    await usable(node.log);
    expect([await recipients(other), await recipients(other, 'ann')]).toEqual([2, 0]);
    users.clear();
    proxy.cut();
    await expect(node.nodes.attend(TOPIC, users)).rejects.toThrow(LogUnavailableError);
    proxy.mend();
    await usable(node.log);
    expect([await recipients(other), await recipients(other, 'bob')]).toEqual([0, 0]);
  });

  it('counts who is here now, also when it was never told whether Redis counts another', async () => {
    const { redis, proxy, node, other, key, beats } = await startNodeBehindProxy();
    const users = new Map([['ann', 1]]);
    // What waits for an answer then would keep the next from being sent.
    beats.stop();
    await node.nodes.attend(TOPIC, users);
    proxy.holdAnswers();
    users.delete('ann');
    users.set('bob', 1);
    const attending = expect(node.nodes.attend(TOPIC, users)).rejects.toThrow(LogUnavailableError);
    await soon(async () => expect(await redis.command('HKEYS', key('users'))).toMatch(/bob/));
    proxy.cut();
    await attending;
    users.delete('bob');
    users.set('ann', 1);
    proxy.mend();
    await usable(node.log);
    expect([await recipients(other, 'ann'), await recipients(other, 'bob')]).toEqual([1, 0]);
  });
});

describe.skipIf(!hasRedis())('a node that Redis has forgotten', () => {
  it.each([
    ['its count and its users', ['nodes', 'users']],
    ['its count', ['nodes']],
  ])('tells %s again', async (_, names) => {
    const { redis, node, other, key } = await startNodeBehindProxy();
    await node.nodes.attend(TOPIC, new Map([['ann', 2]]));
    await redis.command('DEL', ...names.map((name) => key(name)));
    await soon(async () => expect([await recipients(other), await recipients(other, 'ann')]).toEqual([2, 2]));
  });

  it('or nearly: keeps its users when its count has expired', async () => {
    const { redis, node, other, key } = await startNodeBehindProxy();
    await node.nodes.attend(TOPIC, new Map([['ann', 2]]));
    const id = await redis.command('HKEYS', key('nodes'));
    await redis.command('HSET', key('nodes'), id, '1000:2');
    await soon(async () => expect(await recipients(other)).toBe(2));
    expect(await recipients(other, 'ann')).toBe(2);
  });

  it('does not count users of before whom Redis still has', async () => {
    const { redis, node, other, key } = await startNodeBehindProxy();
    const census = `${node.prefix}:{control}:census`;
    await soon(async () => expect(await redis.command('HLEN', census)).toBe('2'));
    const ids = (await redis.command('HKEYS', census)).split('\n');
    await redis.command('SET', key('nodes'), 'of somebody else');
    const users = new Map([['ann', 1]]);
    await expect(node.nodes.attend(TOPIC, users)).rejects.toThrow(LogUnavailableError);
    for (const id of ids) await redis.command('HSET', key('users'), `${id} "ghost"`, '5');
    await redis.command('DEL', key('nodes'));
    // The connection may have been given up, on which nothing was heard of the topic meanwhile.
    await soon(() => node.nodes.attend(TOPIC, users));
    expect([await recipients(other, 'ghost'), await recipients(other, 'ann')]).toEqual([0, 1]);
  });
});

describe.skipIf(!hasRedis())('a node to which many come at once', () => {
  it('listens once, and tells Redis only now and then', async () => {
    const redis = await startRedis();
    const node = await connectNode({ url: redis.url });
    const users = new Map<string, number>();
    const calls = async () => {
      const stats = await redis.command('INFO', 'commandstats');
      return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
    };
    const before = await calls();
    const attending = Array.from({ length: 1_000 }, (_, index) => {
      users.set(`${index}`, 1);
      return node.nodes.attend(TOPIC, users);
    });
    await Promise.all(attending);
    expect((await calls()) - before).toBeLessThan(20);
    expect(await recipients(node)).toBe(1_000);
    for (const text of ['a', 'b']) await node.log.append(TOPIC, { text });
    await soon(() => expect(offsetsHeard(node, TOPIC)).toEqual([1, 2, 3]));
    expect(node.interrupted).toEqual([]);
  });
});

describe.skipIf(!hasRedis())('a node compares', () => {
  it('and learns that a log is gone', async () => {
    const { redis, node, other, key } = await startNodeBehindProxy();
    await node.nodes.attend(TOPIC, SOMEBODY);
    await other.log.append(TOPIC, { text: 'a' });
    await redis.command('DEL', key('head'));
    await soon(() => expect(node.interrupted).toEqual([TOPIC]));
  });

  it('every topic within ten seconds, also while many others are left', async () => {
    const { redis, node, other, key, beats } = await startNodeBehindProxy();
    await other.log.close();
    const topics = Array.from({ length: 160 }, (_, index) => index + 1);
    const users = new Map(topics.map((topic) => [topic, new Map(SOMEBODY)]));
    for (const topic of topics) await node.log.append(topic, { text: 'a' });
    for (const [topic, subscribed] of users) await node.nodes.attend(topic, subscribed);
    const left = topics.slice(0, 150);
    for (const topic of left) {
      users.get(topic)?.clear();
      await node.nodes.attend(topic, users.get(topic) ?? new Map());
    }
    const seconds = async () =>
      Number(await redis.command('HGET', `${node.prefix}:{control}:lineage`, 'beats'));
    const rest = topics.slice(150);
    const appendUnheard = `
      for index = 1, #KEYS, 2 do
        redis.call('XADD', KEYS[index], '2-0', 't', redis.call('HGET', KEYS[index + 1], 'time'), 'd', 'a')
        redis.call('HSET', KEYS[index + 1], 'top', 2)
      end`;
    const keys = rest.flatMap((topic) => [key('entries', topic), key('head', topic)]);
    beats.stop();
    skipTime()(10_001);
    const begun = await seconds();
    await redis.command('EVAL', appendUnheard, `${keys.length}`, ...keys);
    while ((await seconds()) < begun + 9) {
      beats.next();
      await wait(20);
    }
    // What the last of them has begun may go on; there are no more.
    await soon(() => expect(node.interrupted.toSorted((a, b) => a - b)).toEqual(rest));
    expect(await redis.command('PUBSUB', 'SHARDCHANNELS', `${node.prefix}:{[0-9]*}`)).toSatisfy(
      (channels: string) => channels.split('\n').length === rest.length,
    );
  });

  it('and learns of what was announced to it in vain', async () => {
    const { proxy, node, other } = await startNodeBehindProxy();
    await node.nodes.attend(TOPIC, SOMEBODY);
    await other.log.append(TOPIC, { text: 'a' });
    await soon(() => expect(offsetsHeard(node, TOPIC)).toEqual([1]));
    proxy.mute(`${node.prefix}:{${TOPIC}}`);
    await other.log.append(TOPIC, { text: 'b' });
    await soon(() => expect(node.interrupted).toEqual([TOPIC]));
  });

  it.each([
    ['of itself', '{control}'],
    ['of a topic', `{${TOPIC}}`],
  ])('and makes another connection when it hears nothing %s any more', async (_, channel) => {
    const { proxy, node, other } = await startNodeBehindProxy();
    await node.nodes.attend(TOPIC, SOMEBODY);
    const { connections } = proxy;
    await wait(500);
    expect(proxy.connections).toBe(connections);
    proxy.mute(`${node.prefix}:${channel}`);
    await soon(() => expect(proxy.connections).toBeGreaterThan(connections));
    proxy.mute();
    await hearsAgain(node, TOPIC, other);
  });
});

describe.skipIf(!hasRedis())('a topic that nobody follows any more', () => {
  async function deserted() {
    const { redis, node, other } = await startNodeBehindProxy();
    const later = skipTime();
    const users = new Map(SOMEBODY);
    await node.nodes.attend(TOPIC, users);
    users.clear();
    await node.nodes.attend(TOPIC, users);
    const listeners = async () => {
      const channel = `${node.prefix}:{${TOPIC}}`;
      return (await redis.command('PUBSUB', 'SHARDNUMSUB', channel)).split('\n').at(-1);
    };
    return { redis, node, other, listeners, later };
  }

  it('is listened to for ten more seconds', async () => {
    const { listeners, later } = await deserted();
    later(10_000);
    await wait(300);
    expect(await listeners()).toBe('1');
    later(1);
    await soon(async () => expect(await listeners()).toBe('0'));
  });

  it('is heard again as soon as somebody comes', async () => {
    const { node, other, listeners, later } = await deserted();
    later(10_001);
    await soon(async () => expect(await listeners()).toBe('0'));
    await node.nodes.attend(TOPIC, SOMEBODY);
    await other.log.append(TOPIC, { text: 'a' });
    await soon(() => expect(offsetsHeard(node, TOPIC)).toEqual([1]));
  });

  it('stays when somebody comes back in the same moment', async () => {
    const { node, other, later } = await deserted();
    later(10_001);
    for (let offset = 1; offset <= 300; offset += 1) {
      const users = new Map(SOMEBODY);
      await node.nodes.attend(TOPIC, users);
      expect(await other.log.append(TOPIC, { text: 'a' })).toMatchObject({ recipients: 1 });
      users.clear();
      await node.nodes.attend(TOPIC, users);
      later(10_001);
    }
    expect(offsetsHeard(node, TOPIC).length + node.interrupted.length).toBeGreaterThan(0);
    await node.nodes.attend(TOPIC, SOMEBODY);
    const { position } = await other.log.append(TOPIC, { text: 'a' });
    await soon(() => expect(offsetsHeard(node, TOPIC)).toContain(position.offset));
  });
});
