import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LogUnavailableError, OptionError } from '../../src/errors.ts';
import type { LogStore } from '../../src/log/log-store.ts';
import { redisLog } from '../../src/log/redis.ts';
import { hasRedis, RedisCluster, type RedisServer } from '../../src/testing/redis-server.ts';
import { recordingLogger } from '../support/recording-logger.ts';
import { connectNode, EVERYTHING, hurry, SOMEBODY, soon, startRedis, usable } from '../support/redis-node.ts';

const TOPIC = 7;

async function epochOf(log: LogStore): Promise<string> {
  return (await log.state(TOPIC)).epoch;
}

/** Whether the epoch goes on when a Redis is killed, after something was done to it. */
async function survivesAfter(redis: RedisServer, act: () => Promise<unknown>): Promise<boolean> {
  hurry();
  const { log, prefix } = await connectNode({ url: redis.url });
  const before = await epochOf(log);
  await act();
  const beats = async () => Number(await redis.command('HGET', `${prefix}:{control}:lineage`, 'beats'));
  const told = await beats();
  await soon(async () => expect(await beats()).toBeGreaterThan(told + 1));
  await redis.kill();
  await redis.restart();
  await usable(log);
  return (await epochOf(log)) === before;
}

describe.skipIf(!hasRedis())('a Redis that has promised to keep everything', () => {
  it('is believed', async () => {
    const redis = await startRedis({ appendfsync: 'always' });
    expect(await survivesAfter(redis, async () => {})).toBe(true);
  });

  it.each([
    ['said that it writes later', ['CONFIG', 'SET', 'appendfsync', 'everysec']],
    ['said that it does not write in between', ['CONFIG', 'SET', 'no-appendfsync-on-rewrite', 'yes']],
    ['said that it writes nothing', ['CONFIG', 'SET', 'appendonly', 'no']],
  ])('is not believed when it has meanwhile %s', async (_, command) => {
    const redis = await startRedis({ appendfsync: 'always' });
    expect(await survivesAfter(redis, () => redis.command(...command))).toBe(false);
  });

  it('is not believed before it has written what was there', async () => {
    hurry();
    const redis = await startRedis({ args: ['--appendfsync', 'always', '--rdb-key-save-delay', '200000'] });
    const { log, prefix } = await connectNode({ url: redis.url });
    await log.append(TOPIC, { text: 'a' });
    await redis.command('CONFIG', 'SET', 'appendonly', 'yes');
    const lasting = () => redis.command('HGET', `${prefix}:{control}:lineage`, 'lasting');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await redis.command('INFO', 'persistence')).toContain('aof_rewrite_in_progress:1');
    expect(await lasting()).toBe('0');
    await redis.command('CONFIG', 'SET', 'rdb-key-save-delay', '0');
    await soon(async () => expect(await lasting()).toBe('1'));
  });

  it('is not believed when it has a replica', async () => {
    const redis = await startRedis({ appendfsync: 'always' });
    const replica = await startRedis();
    const followed = await survivesAfter(redis, async () => {
      await replica.command('REPLICAOF', '127.0.0.1', `${redis.port}`);
      await soon(async () =>
        expect(await redis.command('INFO', 'replication')).toContain('connected_slaves:1'),
      );
    });
    expect(followed).toBe(false);
  });

  it('is not believed when it is started again from an older snapshot', async () => {
    const redis = await startRedis({ appendfsync: 'always' });
    const first = await connectNode({ url: redis.url });
    const before = await first.log.append(TOPIC, { text: 'a' });
    await redis.command('SAVE');
    await first.log.append(TOPIC, { text: 'b' });
    await first.log.close();
    await redis.kill();
    const file = join(redis.folder, 'redis.conf');
    await writeFile(file, (await readFile(file, 'utf8')).replace('appendonly yes', 'appendonly no'));
    await redis.restart();
    const later = await connectNode({ url: redis.url, prefix: first.prefix });
    const { position } = await later.log.append(TOPIC, { text: 'c' });
    expect(position).toEqual({ epoch: expect.not.stringMatching(before.position.epoch), offset: 2 });
  });

  it('is not believed when it does not tell what it promises', async () => {
    const redis = await startRedis({ appendfsync: 'always' });
    await redis.command('ACL', 'SETUSER', 'vitalwire', 'on', '>secret', '~*', '&*', '+@all', '-config');
    const logger = recordingLogger();
    const url = `redis://vitalwire:secret@127.0.0.1:${redis.port}`;
    const { log } = await connectNode({ url, logger });
    const before = await epochOf(log);
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: { appendfsync: 'unknown' } }),
    );
    await redis.kill();
    await redis.restart();
    await redis.command('ACL', 'SETUSER', 'vitalwire', 'on', '>secret', '~*', '&*', '+@all', '-config');
    await usable(log);
    expect(await epochOf(log)).not.toBe(before);
  });
});

describe.skipIf(!hasRedis())('a Redis that was a replica meanwhile', () => {
  it('may have forgotten something, although it is the same process', async () => {
    const redis = await startRedis();
    const replica = await startRedis();
    const first = await connectNode({ url: redis.url });
    await first.log.append(TOPIC, { text: 'a' });
    await replica.command('REPLICAOF', '127.0.0.1', `${redis.port}`);
    await soon(async () =>
      expect(await replica.command('INFO', 'replication')).toContain('master_link_status:up'),
    );
    await replica.command('REPLICAOF', 'NO', 'ONE');
    const { position } = await first.log.append(TOPIC, { text: 'b' });
    await first.log.close();
    await redis.command('REPLICAOF', '127.0.0.1', `${replica.port}`);
    await soon(async () =>
      expect(await redis.command('INFO', 'replication')).toContain('master_link_status:up'),
    );
    await redis.command('REPLICAOF', 'NO', 'ONE');
    const later = await connectNode({ url: redis.url, prefix: first.prefix });
    const { position: again } = await later.log.append(TOPIC, { text: 'c' });
    expect(again.offset).toBe(position.offset);
    expect(again.epoch).not.toBe(position.epoch);
  });

  it('or not: that it counts its history anew is no reason for doubt', async () => {
    hurry();
    const redis = await startRedis({ args: ['--enable-debug-command', 'local'] });
    const { log, prefix } = await connectNode({ url: redis.url });
    const epoch = await epochOf(log);
    const replication = () => redis.command('HGET', `${prefix}:{control}:lineage`, 'replication');
    const before = await replication();
    await redis.command('DEBUG', 'CHANGE-REPL-ID'); // as an hour after the last replica left
    await soon(async () => expect(await replication()).not.toBe(before));
    expect(await epochOf(log)).toBe(epoch);
  });

  it('is not used while it is one', async () => {
    hurry();
    const redis = await startRedis();
    const { log, nodes } = await connectNode({ url: redis.url });
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    await soon(() => expect(nodes.check()).rejects.toThrow(LogUnavailableError));
    await expect(log.state(TOPIC)).rejects.toThrow(LogUnavailableError);
    await redis.command('REPLICAOF', 'NO', 'ONE');
    await usable(log);
  });
});

describe.skipIf(!hasRedis())('a Redis that may remove what is in use', () => {
  it('is refused until it does not', async () => {
    const redis = await startRedis({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] });
    const log = redisLog({ url: redis.url });
    onTestFinished(() => log.close());
    await expect(log.nodes?.check()).rejects.toThrow(OptionError);
    await expect(log.nodes?.check()).rejects.toThrow(/CONFIG SET maxmemory-policy noeviction/);
    await expect(log.append(TOPIC, { text: 'a' })).rejects.toThrow(LogUnavailableError);
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await usable(log);
  });

  it('is refused as soon as it does', async () => {
    hurry();
    const redis = await startRedis({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'noeviction'] });
    const { nodes, log } = await connectNode({ url: redis.url });
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
    await soon(() => expect(nodes.check()).rejects.toThrow(/maxmemory-policy volatile-ttl/));
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    await usable(log);
  });
});

describe.skipIf(!hasRedis())('a Redis whose memory is full', () => {
  it('refuses publications, delivers nothing of them, and lets everybody read and come', async () => {
    hurry();
    const redis = await startRedis({ args: ['--maxmemory', '3mb', '--maxmemory-policy', 'noeviction'] });
    const { log, nodes, prefix, heard } = await connectNode({ url: redis.url });
    await nodes.attend(TOPIC, SOMEBODY);
    const text = 'x'.repeat(50_000);
    let appended = 0;
    const fill = async () => {
      for (; ; appended += 1) await log.append(TOPIC, { text });
    };
    await expect(fill()).rejects.toThrow(LogUnavailableError);
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    const beats = () => redis.command('HGET', `${prefix}:{control}:lineage`, 'beats');
    const before = Number(await beats());
    await soon(async () => expect(Number(await beats())).toBeGreaterThan(before + 10));
    await nodes.check();
    const page = await log.read(TOPIC, 0, EVERYTHING);
    expect([page.top, page.publications.length]).toEqual([appended, appended]);
    expect(heard.flatMap(({ publications }) => publications)).toHaveLength(appended);
    await nodes.attend(8, SOMEBODY);
    expect(await log.state(8)).toMatchObject({ top: 0 });
    for (const topic of [TOPIC, 8, 9]) {
      await expect(log.append(topic, { text: 'a' })).rejects.toThrow(LogUnavailableError);
    }
    await log.receive([{ topic: TOPIC, userId: 'ann', position: { epoch: page.epoch, offset: 1 } }]);
    expect(await log.received(TOPIC, 'ann')).toEqual({ epoch: page.epoch, offset: 1 });
    await redis.command('CONFIG', 'SET', 'maxmemory', '50mb');
    expect(await log.append(TOPIC, { text })).toMatchObject({ position: { offset: appended + 1 } });
  });
});

describe.skipIf(!hasRedis())('a Redis that is none for this address', () => {
  it('is part of a Cluster', async () => {
    const cluster = await RedisCluster.start();
    onTestFinished(() => cluster[Symbol.asyncDispose]());
    const log = redisLog({ url: cluster.nodes[0]?.url ?? '' });
    onTestFinished(() => log.close());
    await expect(log.nodes?.check()).rejects.toThrow(/redis\+cluster:\/\//);
  });

  it('is a replica', async () => {
    const master = await startRedis();
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', `${master.port}`] });
    const log = redisLog({ url: replica.url });
    onTestFinished(() => log.close());
    await expect(log.nodes?.check()).rejects.toThrow(LogUnavailableError);
  });
});

describe.skipIf(!hasRedis())('a user of Redis', () => {
  it('needs the rights that the guide names, and no more', async () => {
    const redis = await startRedis({ appendfsync: 'always' });
    const rights = '~vitalwire:* &vitalwire:* +@all -@dangerous +info +config|get'.split(' ');
    await redis.command('ACL', 'SETUSER', 'app', 'on', '>secret', ...rights);
    const logger = recordingLogger();
    const url = `redis://app:secret@127.0.0.1:${redis.port}`;
    const { log, nodes } = await connectNode({ url, prefix: 'vitalwire', logger });
    await nodes.attend(TOPIC, SOMEBODY);
    const { position } = await log.append(TOPIC, { text: 'a', idempotency: { key: 'k', memo: 'm' } });
    await log.receive([{ topic: TOPIC, userId: 'ann', position }]);
    expect(await log.received(TOPIC, 'ann')).toEqual(position);
    expect(await log.count(TOPIC, 0, 1, 'ann')).toBe(1);
    expect(await log.unreceived()).toEqual(new Map());
    await nodes.revoke('ann', 1);
    expect(await nodes.census()).toMatchObject({ connections: 0 });
    await log.close();
    expect(await redis.command('ACL', 'LOG')).toBe('');
    expect(logger.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('is refused with a wrong password, which is not repeated', async () => {
    const redis = await startRedis({ args: ['--requirepass', 'right'] });
    const logger = recordingLogger();
    const log = redisLog({ url: `redis://:wr0ng-password@127.0.0.1:${redis.port}`, logger });
    onTestFinished(() => log.close());
    const failure = await log.nodes?.check().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LogUnavailableError);
    expect(logger.text()).toMatch(/WRONGPASS/);
    logger.error({ err: failure }, 'as the server would log it');
    expect(logger.text()).not.toContain('wr0ng');
  });
});
