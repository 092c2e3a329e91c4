import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LogStore } from '../../src/log/log-store.ts';
import { beginNewLineage } from '../../src/log/redis/new-lineage.ts';
import { hasRedis } from '../../src/testing/redis-server.ts';
import {
  connectNode,
  EVERYTHING,
  hurry,
  offsetsHeard,
  SOMEBODY,
  soon,
  startRedis,
  usable,
} from '../support/redis-node.ts';

const TOPIC = 7;

async function append(log: LogStore, count: number, text = 'text') {
  const appended = [];
  for (let index = 0; index < count; index += 1) appended.push(await log.append(TOPIC, { text }));
  return appended.map(({ position }) => position);
}

describe.skipIf(!hasRedis())('what Redis lost of one topic', () => {
  const key = (prefix: string, name: string) => `${prefix}:{${TOPIC}}:${name}`;

  it('metadata: a new epoch, without the old entries', async () => {
    const redis = await startRedis();
    const { log, nodes, prefix, interrupted } = await connectNode({ url: redis.url });
    await nodes.attend(TOPIC, SOMEBODY);
    const [first] = await append(log, 3);
    await redis.command('DEL', key(prefix, 'head'));
    const [position] = await append(log, 1, 'new');
    expect(position?.offset).toBe(1);
    expect(position?.epoch).not.toBe(first?.epoch);
    const page = await log.read(TOPIC, 0, EVERYTHING);
    expect(page.publications).toEqual([{ offset: 1, text: 'new' }]);
    await soon(() => expect(interrupted).toContain(TOPIC));
  });

  it('metadata: an idempotency key of the old life means nothing any more', async () => {
    const redis = await startRedis();
    const { log, prefix } = await connectNode({ url: redis.url });
    const entry = { text: 'a', idempotency: { key: 'key', memo: 'memo' } };
    await log.append(TOPIC, entry);
    await redis.command('DEL', key(prefix, 'head'));
    expect(await log.append(TOPIC, entry)).toMatchObject({ position: { offset: 1 } });
    expect(await log.append(TOPIC, entry)).toMatchObject({ duplicateOf: 'memo' });
  });

  it('the stream: the epoch and the offsets go on, and nothing before is said to be there', async () => {
    const redis = await startRedis();
    const { log, prefix } = await connectNode({ url: redis.url });
    const [first] = await append(log, 3);
    await redis.command('DEL', key(prefix, 'entries'));
    expect(await log.state(TOPIC)).toEqual({ epoch: first?.epoch, top: 3, earliest: 4 });
    expect(await append(log, 1)).toEqual([{ epoch: first?.epoch, offset: 4 }]);
    expect(await log.read(TOPIC, 0, EVERYTHING)).toMatchObject({
      earliest: 4,
      publications: [{ offset: 4 }],
    });
  });

  it.each([
    ['in the middle', '2-0'],
    ['at the top', '3-0'],
  ])('an entry %s: what remains is not passed off as complete', async (_, id) => {
    const redis = await startRedis();
    const { log, prefix } = await connectNode({ url: redis.url });
    await append(log, 3);
    await redis.command('XDEL', key(prefix, 'entries'), id);
    expect(await log.read(TOPIC, 0, EVERYTHING)).toMatchObject({ top: 3, earliest: 4, publications: [] });
  });

  it('newer metadata than the stream knows: a new epoch at once, whoever comes first', async () => {
    for (const act of ['append', 'read'] as const) {
      const redis = await startRedis();
      const { log, prefix } = await connectNode({ url: redis.url });
      const [first] = await append(log, 3);
      await redis.command('HSET', key(prefix, 'head'), 'top', '1');
      if (act === 'append') await log.append(TOPIC, { text: 'new' });
      const page = await log.read(TOPIC, 0, EVERYTHING);
      expect(page.epoch).not.toBe(first?.epoch);
      expect(page.publications.map(({ text }) => text)).toEqual(act === 'append' ? ['new'] : []);
    }
  });

  it('the last publications, behind the back of nodes that follow it: a new epoch', async () => {
    hurry();
    const redis = await startRedis();
    const { log, nodes, prefix, interrupted } = await connectNode({ url: redis.url });
    await nodes.attend(TOPIC, SOMEBODY);
    const [first] = await append(log, 2);
    await redis.command('COPY', key(prefix, 'head'), key(prefix, 'head-copy'));
    await redis.command('COPY', key(prefix, 'entries'), key(prefix, 'entries-copy'));
    await append(log, 3);
    const putBack = `for index = 1, #KEYS, 2 do redis.call('COPY', KEYS[index], KEYS[index + 1], 'REPLACE') end`;
    const copies = ['head', 'entries'].flatMap((name) => [key(prefix, `${name}-copy`), key(prefix, name)]);
    await redis.command('EVAL', putBack, '4', ...copies);
    await soon(() => expect(interrupted).toContain(TOPIC));
    const state = await log.state(TOPIC);
    expect(state).toMatchObject({ top: 2, earliest: 1 });
    expect(state.epoch).not.toBe(first?.epoch);
  });

  it.each([2, 4])(
    'the same down to %i of 5, when somebody appends before the nodes have looked',
    async (top) => {
      const redis = await startRedis();
      const node = await connectNode({ url: redis.url });
      const { log, nodes, prefix, interrupted } = node;
      await nodes.attend(TOPIC, SOMEBODY);
      const [first] = await append(log, 5);
      await soon(() => expect(offsetsHeard(node, TOPIC)).toEqual([1, 2, 3, 4, 5]));
      await redis.command('HSET', key(prefix, 'head'), 'top', `${top}`);
      await redis.command('DEL', key(prefix, 'entries'));
      await append(log, 1);
      await soon(() => expect(interrupted).toContain(TOPIC));
      const { epoch } = await log.state(TOPIC);
      expect(epoch).not.toBe(first?.epoch);
    },
  );
});

describe.skipIf(!hasRedis())('when Redis is killed and started again', () => {
  it('with appendfsync always nothing is lost, and the epoch goes on', async () => {
    const redis = await startRedis({ appendfsync: 'always' });
    const { log, nodes, interrupted } = await connectNode({ url: redis.url });
    await nodes.attend(TOPIC, SOMEBODY);
    const before = await append(log, 20);
    await redis.kill();
    await redis.restart();
    await usable(log);
    const page = await log.read(TOPIC, 0, EVERYTHING);
    expect(page.epoch).toBe(before[0]?.epoch);
    expect(page.publications).toHaveLength(20);
    expect(await append(log, 1)).toEqual([{ epoch: before[0]?.epoch, offset: 21 }]);
    expect(interrupted).toEqual([]);
  });

  it.each(['everysec', undefined] as const)('with appendfsync %s a new epoch begins', async (appendfsync) => {
    const redis = await startRedis(appendfsync === undefined ? {} : { appendfsync });
    const { log, nodes, interrupted } = await connectNode({ url: redis.url });
    await nodes.attend(TOPIC, SOMEBODY);
    const [before] = await append(log, 20);
    await redis.kill();
    await redis.restart();
    await usable(log);
    const [after] = await append(log, 1);
    expect(after?.epoch).not.toBe(before?.epoch);
    expect(interrupted).toContain(TOPIC);
  });

  it('a proof of receipt from before does not claim that nothing was missed', async () => {
    const redis = await startRedis({ appendfsync: 'everysec' });
    const { log } = await connectNode({ url: redis.url });
    const [position] = await append(log, 1);
    await log.receive([{ topic: TOPIC, userId: 'ann', position: position ?? { epoch: '', offset: 0 } }]);
    await soon(async () =>
      expect(await redis.command('INFO', 'persistence')).toMatch(/aof_buffer_length:0\r?$/m),
    );
    await redis.kill();
    await redis.restart();
    await usable(log);
    const received = await log.received(TOPIC, 'ann');
    expect(received).toEqual(position);
    expect((await log.state(TOPIC)).epoch).not.toBe(received?.epoch);
  });

  it('an empty Redis: what was announced after is heard, in a new epoch', async () => {
    hurry();
    const redis = await startRedis();
    const node = await connectNode({ url: redis.url });
    await node.nodes.attend(TOPIC, SOMEBODY);
    const [before] = await append(node.log, 3);
    await redis.command('FLUSHALL');
    const [after] = await append(node.log, 1);
    expect(after?.offset).toBe(1);
    expect(after?.epoch).not.toBe(before?.epoch);
    await soon(() => expect(offsetsHeard(node, TOPIC)).toEqual([1, 2, 3, 1]));
    // It does not begin another one a second later.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await node.log.state(TOPIC)).epoch).toBe(after?.epoch);
  });
});

describe.skipIf(!hasRedis())('when an older copy of the data is put back', () => {
  async function withOlderCopy(between: (log: LogStore, beats: () => Promise<number>) => Promise<void>) {
    hurry();
    const redis = await startRedis({ appendfsync: 'always' });
    const { log, prefix } = await connectNode({ url: redis.url });
    const [first] = await append(log, 2);
    const copy = await mkdtemp(join(tmpdir(), 'vitalwire-redis-copy-'));
    onTestFinished(() => rm(copy, { recursive: true, force: true }));
    await redis.pause();
    await cp(redis.folder, copy, { recursive: true });
    await redis.resume();
    await usable(log);
    await append(log, 3);
    const lineage = `${prefix}:{control}:lineage`;
    await between(log, async () => Number(await redis.command('HGET', lineage, 'beats')));
    await redis.kill();
    await rm(redis.folder, { recursive: true, force: true });
    await cp(copy, redis.folder, { recursive: true });
    await redis.restart();
    return { redis, log, prefix, first };
  }

  it('a node that knows better begins a new epoch before it appends', async () => {
    // The next beat of the node, so that it has seen more than the copy holds.
    const { log, first } = await withOlderCopy(async (_, beats) => {
      const before = await beats();
      await soon(async () => expect(await beats()).toBeGreaterThan(before + 1));
    });
    await usable(log);
    const [position] = await append(log, 1);
    expect(position?.epoch).not.toBe(first?.epoch);
  });

  it('when no node knows, new-epochs says it', async () => {
    const { redis, prefix, first } = await withOlderCopy((log) => log.close());
    const unaware = await connectNode({ url: redis.url, prefix });
    expect((await unaware.log.state(TOPIC)).epoch).toBe(first?.epoch);
    await beginNewLineage(redis.url, prefix);
    await soon(async () => expect((await unaware.log.state(TOPIC)).epoch).not.toBe(first?.epoch));
  });
});
