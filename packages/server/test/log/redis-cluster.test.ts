import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogStore, Topic } from '../../src/log/log-store.ts';
import { hasRedis, RedisCluster } from '../../src/testing/redis-server.ts';
import { connectNode, EVERYTHING, hearsAgain, offsetsHeard, SOMEBODY, soon } from '../support/redis-node.ts';

const TOPIC = 7;
const TOPICS = [1, 2, 3, 4, 5, 6, 7, 8];

/** Appends as soon as it is possible again. */
function appendSoon(log: LogStore, topic: number) {
  return soon(() => log.append(topic, { text: 'after' }), 25_000);
}

describe.skipIf(!hasRedis())('in a cluster', { timeout: 60_000 }, () => {
  let cluster: RedisCluster;

  // The tests leave it whole, but for the last one.
  beforeAll(async () => {
    // A busy machine lets a server stand still for a second.
    cluster = await RedisCluster.start({ masters: 3, replicasEach: 1, nodeTimeoutMs: 4_000 });
  }, 60_000);
  afterAll(() => cluster[Symbol.asyncDispose]());

  /** Makes the replica of a topic's master the master, without losing anything. */
  async function failOver(key: string) {
    const before = await cluster.masterOf(key);
    const id = await before.command('CLUSTER', 'MYID');
    const replica = await soon(async () => {
      const lines = (await before.command('CLUSTER', 'NODES')).split('\n');
      const address = lines.find((line) => line.includes(` slave ${id}`)) ?? '';
      const found = cluster.nodes.find(({ port }) => address.includes(`:${port}@`));
      if (found === undefined) throw new Error('the master knows no replica');
      return found;
    });
    await soon(async () => {
      if ((await cluster.masterOf(key)) !== replica) await replica.command('CLUSTER', 'FAILOVER');
      // It is given up after five seconds.
      await soon(async () => expect(await cluster.masterOf(key)).toBe(replica), 6_000);
    }, 25_000);
    await cluster.settled();
  }

  /** Moves the slot of a topic, with all that is in it. */
  async function moveSlot(key: string) {
    const from = await cluster.masterOf(key);
    const masters = [];
    for (const node of cluster.nodes) {
      if ((await node.command('ROLE')).startsWith('master')) masters.push(node);
    }
    const to = masters.find((node) => node !== from);
    if (to === undefined) throw new Error('a cluster has several masters');
    const slot = await from.command('CLUSTER', 'KEYSLOT', key);
    const [fromId, toId] = [await from.command('CLUSTER', 'MYID'), await to.command('CLUSTER', 'MYID')];
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    const keys = (await from.command('CLUSTER', 'GETKEYSINSLOT', slot, '100')).split('\n');
    await from.command('MIGRATE', '127.0.0.1', `${to.port}`, '', '0', '5000', 'KEYS', ...keys);
    for (const node of [to, from, ...masters]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
  }

  async function startNode() {
    const node = await connectNode({ url: cluster.url, commandTimeoutMs: 1_000 });
    const key = `${node.prefix}:{${TOPIC}}`;
    const { position } = await node.log.append(TOPIC, { text: 'before' });
    return { node, key, position };
  }

  it('keeps topics of all slots, announces them, and counts them', async () => {
    const node = await connectNode({ url: cluster.url });
    const other = await connectNode({ url: cluster.url, prefix: node.prefix });
    for (const topic of TOPICS) await node.nodes.attend(topic, SOMEBODY);
    const entryOf = (topic: Topic) => ({ text: `${topic}`, idempotency: { key: 'key', memo: 'memo' } });
    // In one turn, and yet no call may go to two slots.
    const appended = await Promise.all(TOPICS.map((topic) => other.log.append(topic, entryOf(topic))));
    expect(appended).toMatchObject(TOPICS.map(() => ({ position: { offset: 1 }, recipients: 1 })));
    for (const topic of TOPICS) {
      expect(await node.log.append(topic, entryOf(topic))).toMatchObject({
        position: { offset: 1 },
        duplicateOf: 'memo',
      });
    }
    for (const topic of TOPICS) {
      await soon(() => expect(offsetsHeard(node, topic)).toEqual([1]));
      expect(await node.log.read(topic, 0, EVERYTHING)).toMatchObject({
        publications: [{ text: `${topic}` }],
      });
    }
    expect(await node.log.unreceived()).toEqual(new Map(TOPICS.map((topic) => [topic, 1])));
    await other.nodes.revoke('ann', 1_000);
    await soon(() => expect(node.revoked).toEqual([['ann', 1_000]]));
    // Every beat asks the same server: nothing began anew.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(node.revoked).toEqual([['ann', 1_000]]);
    expect([...node.interrupted, ...other.interrupted]).toEqual([]);
  });

  it('begins one new epoch when a replica takes over, and one when the old master is back', async () => {
    const { node, key, position } = await startNode();
    await node.nodes.attend(TOPIC, SOMEBODY);
    await failOver(key);
    const after = await appendSoon(node.log, TOPIC);
    expect(after.position).toEqual({ epoch: expect.not.stringMatching(position.epoch), offset: 2 });
    await soon(() => expect(node.interrupted).toContain(TOPIC));
    await hearsAgain(node, TOPIC);
    const { epoch } = await node.log.state(TOPIC);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect((await node.log.state(TOPIC)).epoch).toBe(epoch);
    await failOver(key);
    expect((await appendSoon(node.log, TOPIC)).position.epoch).not.toBe(epoch);
  });

  it('begins a new epoch also of a log that nobody touched until the old master was back', async () => {
    const { node, key, position } = await startNode();
    await node.log.close();
    const master = await cluster.masterOf(key);
    await failOver(key);
    await failOver(key);
    expect(await cluster.masterOf(key)).toBe(master);
    const later = await connectNode({ url: cluster.url, prefix: node.prefix });
    const again = await appendSoon(later.log, TOPIC);
    expect(again.position).toEqual({ epoch: expect.not.stringMatching(position.epoch), offset: 2 });
  });

  it('goes on when a slot moves to another server', async () => {
    const { node, key } = await startNode();
    await node.nodes.attend(TOPIC, SOMEBODY);
    await moveSlot(key);
    const { position } = await appendSoon(node.log, TOPIC);
    expect(position.offset).toBeGreaterThan(1);
    await soon(() => {
      const heard = offsetsHeard(node, TOPIC).includes(position.offset);
      expect(heard || node.interrupted.includes(TOPIC)).toBe(true);
    });
    await hearsAgain(node, TOPIC);
    expect(await node.log.read(TOPIC, 0, EVERYTHING)).toMatchObject({ earliest: 1 });
  });

  it('begins new epochs where a server was lost, and goes on', async () => {
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
    await soon(() => expect(node.interrupted).toEqual(expect.arrayContaining(ofLost)));
    await hearsAgain(node, TOPIC);
  });
});
