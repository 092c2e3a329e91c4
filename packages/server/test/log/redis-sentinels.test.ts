import { describe, expect, it, onTestFinished } from 'vitest';
import { LogUnavailableError } from '../../src/errors.ts';
import type { LogStore } from '../../src/log/log-store.ts';
import { redisLog } from '../../src/log/redis.ts';
import { hasRedis, RedisSentinels, type RedisSentinelsOptions } from '../../src/testing/redis-server.ts';
import { recordingLogger } from '../support/recording-logger.ts';
import { connectNode, EVERYTHING, hearsAgain, offsetsHeard, SOMEBODY, soon } from '../support/redis-node.ts';

const TOPIC = 7;

/** Appends as soon as it is possible again. */
function appendSoon(log: LogStore, topic: number) {
  return soon(() => log.append(topic, { text: 'after' }), 25_000);
}

describe.skipIf(!hasRedis())('with Sentinels', { timeout: 60_000 }, () => {
  async function start(options: RedisSentinelsOptions = {}) {
    const sentinels = await RedisSentinels.start({
      ...options,
      replicas: 1,
      sentinels: 3,
      quorum: 2,
      // A busy machine lets a server stand still for a second.
      downAfterMs: 3_000,
    });
    onTestFinished(() => sentinels[Symbol.asyncDispose]());
    const node = await connectNode({ url: sentinels.url, commandTimeoutMs: 1_000 });
    const other = await connectNode({ url: sentinels.url, prefix: node.prefix, commandTimeoutMs: 1_000 });
    await node.nodes.attend(TOPIC, SOMEBODY);
    return { sentinels, node, other };
  }

  it('follows the master, in new epochs, and what was announced then is heard', async () => {
    const { sentinels, node, other } = await start();
    const { position: before } = await other.log.append(TOPIC, { text: 'before' });
    await soon(() => expect(offsetsHeard(node, TOPIC)).toEqual([1]));
    const master = await sentinels.master();
    await master.kill();
    const { position: after } = await appendSoon(other.log, TOPIC);
    expect(after.epoch).not.toBe(before.epoch);
    await soon(() => expect(node.interrupted).toContain(TOPIC));
    await hearsAgain(node, TOPIC, other);
  });

  it('gives the Sentinels a password of their own', async () => {
    const { sentinels, node } = await start({ password: 'watchers' });
    expect((await node.log.append(TOPIC, { text: 'before' })).position.offset).toBe(1);
    const [url = ''] = sentinels.url.split('?');
    for (const query of ['', '?sentinel_password=wrong']) {
      const logger = recordingLogger();
      const log = redisLog({ url: url + query, logger });
      onTestFinished(() => log.close());
      await expect(log.append(TOPIC, { text: 'x' })).rejects.toThrow(LogUnavailableError);
      expect(logger.text()).toMatch(query === '' ? /NOAUTH/ : /WRONGPASS/);
      expect(logger.text()).not.toMatch(/watchers|password=/);
    }
  });

  it('leaves a master that was replaced and goes on as if nothing had been', async () => {
    const { sentinels, node } = await start();
    const { position: before } = await node.log.append(TOPIC, { text: 'before' });
    // The Sentinels cannot make it a replica, which would end the matter some ten seconds later.
    const replaced = await sentinels.master();
    await replaced.command('ACL', 'SETUSER', 'default', '-replicaof', '-slaveof');
    const master = await sentinels.failover();
    await soon(async () => {
      const { position } = await node.log.append(TOPIC, { text: 'x' });
      expect(position.epoch).not.toBe(before.epoch);
    }, 25_000);
    expect(await replaced.command('ROLE')).toMatch(/^master/);
    expect(await master.command('EXISTS', `${node.prefix}:{${TOPIC}}:head`)).toBe('1');
  });

  it('does not give away an offset a second time that the replica never had', async () => {
    const { sentinels, node } = await start();
    const seen = new Map<string, string>();
    const remember = async (text: string) => {
      const { position } = await node.log.append(TOPIC, { text });
      const key = `${position.epoch}:${position.offset}`;
      expect(seen.has(key)).toBe(false);
      seen.set(key, text);
      return position;
    };
    await remember('a');
    const master = await sentinels.master();
    // The replica is turned away, and does not come back.
    await master.command('CONFIG', 'SET', 'requirepass', 'secret');
    await master.command('-a', 'secret', 'CLIENT', 'KILL', 'TYPE', 'replica');
    for (let index = 0; index < 50; index += 1) await remember(`b${index}`);
    await master.kill();
    const first = await soon(() => remember('c'), 25_000);
    // The replica did lag behind.
    expect(first.offset).toBeLessThan(51);
    for (let index = 0; index < 60; index += 1) await remember(`d${index}`);
    const page = await node.log.read(TOPIC, 0, EVERYTHING);
    for (const { offset, text } of page.publications) {
      const known = seen.get(`${page.epoch}:${offset}`);
      if (known !== undefined) expect(text).toBe(known);
    }
  });
});
