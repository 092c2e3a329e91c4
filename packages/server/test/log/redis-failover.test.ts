import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { LogStore } from '../../src/log/log-store.ts';
import { hasRedis, RedisCluster, RedisSentinels } from '../../src/testing/redis-server.ts';
import { connectNode, EVERYTHING, offsetsHeard, SOMEBODY } from '../support/redis-node.ts';

const TOPIC = 7;
const TOPICS = [1, 2, 3, 4, 5, 6, 7, 8];

/** Appends as soon as it is possible again. */
function appendSoon(log: LogStore, topic: number) {
  return vi.waitFor(() => log.append(topic, { text: 'after' }), { timeout: 25_000, interval: 100 });
}

describe.skipIf(!hasRedis())('with Sentinels', { timeout: 60_000 }, () => {
  async function start() {
    const sentinels = await RedisSentinels.start({
      replicas: 1,
      sentinels: 3,
      quorum: 2,
      downAfterMs: 1_000,
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
    await vi.waitFor(() => expect(offsetsHeard(node, TOPIC)).toEqual([1]));
    const master = await sentinels.master();
    await master.kill();
    const { position: after } = await appendSoon(other.log, TOPIC);
    expect(after.epoch).not.toBe(before.epoch);
    await vi.waitFor(() => expect(node.interrupted).toContain(TOPIC), { timeout: 15_000 });
    await vi.waitFor(() => node.nodes.check(), { timeout: 15_000 });
    const { position } = await appendSoon(other.log, TOPIC);
    await vi.waitFor(() => expect(offsetsHeard(node, TOPIC).at(-1)).toBe(position.offset), {
      timeout: 12_000,
    });
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
    const first = await vi.waitFor(() => remember('c'), { timeout: 25_000, interval: 100 });
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

describe.skipIf(!hasRedis())('in a cluster', { timeout: 60_000 }, () => {
  it('keeps topics of all slots, announces them, and counts them', async () => {
    const cluster = await RedisCluster.start({ masters: 3 });
    onTestFinished(() => cluster[Symbol.asyncDispose]());
    const node = await connectNode({ url: cluster.url });
    const other = await connectNode({ url: cluster.url, prefix: node.prefix });
    for (const topic of TOPICS) await node.nodes.attend(topic, SOMEBODY);
    for (const topic of TOPICS) {
      const entry = { text: `${topic}`, idempotency: { key: 'key', memo: 'memo' } };
      expect(await other.log.append(topic, entry)).toMatchObject({ position: { offset: 1 }, recipients: 1 });
      expect(await node.log.append(topic, entry)).toMatchObject({
        position: { offset: 1 },
        duplicateOf: 'memo',
      });
    }
    for (const topic of TOPICS) {
      await vi.waitFor(() => expect(offsetsHeard(node, topic)).toEqual([1]));
      expect(await node.log.read(topic, 0, EVERYTHING)).toMatchObject({
        publications: [{ text: `${topic}` }],
      });
    }
    expect(await node.log.unreceived()).toEqual(new Map(TOPICS.map((topic) => [topic, 1])));
    await other.nodes.revoke('ann', 1_000);
    await vi.waitFor(() => expect(node.revoked).toEqual([['ann', 1_000]]));
  });

  it('begins new epochs where a server was lost, and goes on', async () => {
    const cluster = await RedisCluster.start({ masters: 3, replicasEach: 1, nodeTimeoutMs: 1_000 });
    onTestFinished(() => cluster[Symbol.asyncDispose]());
    const node = await connectNode({ url: cluster.url, commandTimeoutMs: 1_000 });
    const epochs = new Map<number, string>();
    for (const topic of TOPICS) {
      await node.nodes.attend(topic, SOMEBODY);
      epochs.set(topic, (await node.log.append(topic, { text: 'before' })).position.epoch);
    }
    const lost = await cluster.masterOf(`${node.prefix}:{${TOPIC}}`);
    const ofLost: number[] = [];
    for (const topic of TOPICS) {
      if ((await cluster.masterOf(`${node.prefix}:{${topic}}`)) === lost) ofLost.push(topic);
    }
    await lost.kill();
    await appendSoon(node.log, TOPIC);
    for (const topic of TOPICS) {
      const { position } = await appendSoon(node.log, topic);
      expect(position.epoch === epochs.get(topic)).toBe(!ofLost.includes(topic));
    }
    await vi.waitFor(() => expect(node.interrupted).toEqual(expect.arrayContaining(ofLost)), {
      timeout: 15_000,
    });
    await vi.waitFor(
      async () => {
        const { position } = await node.log.append(TOPIC, { text: 'heard' });
        await vi.waitFor(() => expect(offsetsHeard(node, TOPIC).at(-1)).toBe(position.offset), {
          timeout: 1_000,
        });
      },
      { timeout: 25_000 },
    );
  });
});
