import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { findRedis, redisIsRequired } from '../../src/testing/redis/find-redis.ts';
import { hasRedis, RedisCluster, RedisSentinels, RedisServer } from '../../src/testing/redis-server.ts';

/** What a command answers, or that it does not within a while in which a server that runs would have. */
function answer(redis: RedisServer, ...command: string[]): Promise<string> {
  return Promise.race([redis.command(...command), wait(500, 'no answer')]);
}

describe.skipIf(!hasRedis())('RedisServer', () => {
  it('is new and empty, and leaves nothing behind', async () => {
    await using redis = await RedisServer.start();
    await using other = await RedisServer.start();
    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
    expect(await redis.command('SET', 'name', 'of one')).toBe('OK');
    expect(await redis.command('MGET', 'name', 'other')).toBe('of one\n');
    expect(await other.command('GET', 'name')).toBe('');
    expect(await redis.command('INFO', 'server')).toContain(`process_id:${redis.pid}\r\n`);

    await redis[Symbol.asyncDispose]();
    expect(redis.running).toBe(false);
    expect(existsSync(redis.folder)).toBe(false);
    await expect(redis.command('PING')).rejects.toThrow('Could not connect');
  });

  it('keeps what was written when it is killed and starts again, if it writes to the disk always', async () => {
    await using redis = await RedisServer.start({ appendfsync: 'always' });
    const { port, pid } = redis;
    await redis.command('SET', 'kept', 'yes');
    await redis.kill();
    await redis.restart();
    expect(redis.port).toBe(port);
    expect(redis.pid).not.toBe(pid);
    expect(await redis.command('GET', 'kept')).toBe('yes');
  });

  it('forgets everything when it starts again, if it does not write to the disk', async () => {
    await using redis = await RedisServer.start();
    await redis.command('SET', 'kept', 'yes');
    await redis.restart();
    expect(await redis.command('GET', 'kept')).toBe('');
  });

  it('answers nothing while it is paused, and goes on', async () => {
    await using redis = await RedisServer.start();
    expect(await answer(redis, 'PING')).toBe('PONG');
    redis.pause();
    const late = redis.command('PING');
    expect(await Promise.race([late, wait(500, 'no answer')])).toBe('no answer');
    redis.resume();
    expect(await late).toBe('PONG');
    redis.pause();
    await redis.stop();
    expect(redis.running).toBe(false);
  });

  it('takes arguments, and a folder that it leaves there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitalwire-test-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    {
      await using redis = await RedisServer.start({
        folder,
        appendfsync: 'everysec',
        args: ['--maxmemory', '50mb'],
      });
      expect(await redis.command('CONFIG', 'GET', 'maxmemory')).toBe('maxmemory\n52428800');
      expect(await redis.command('CONFIG', 'GET', 'appendfsync')).toBe('appendfsync\neverysec');
      await redis.command('SET', 'kept', 'yes');
      await redis.stop();
    }
    await using next = await RedisServer.start({ folder, appendfsync: 'everysec' });
    expect(await next.command('GET', 'kept')).toBe('yes');
  });

  it('says why when it cannot start or do a command', async () => {
    await expect(RedisServer.start({ args: ['--no-such-option', '1'] })).rejects.toThrow('no-such-option');
    const taken = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void taken.close());
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await expect(RedisServer.start({ port })).rejects.toThrow(/port \d+ ended(.|\n)*Address already in use/);

    await using redis = await RedisServer.start();
    await expect(redis.command('NONSENSE')).rejects.toThrow("unknown command 'NONSENSE'");
  });

  it('ends with the process that started it, also one that is killed, also when it is paused', async () => {
    const file = fileURLToPath(new URL('../support/redis-owner-process.ts', import.meta.url));
    const owner = spawn(process.execPath, ['--conditions=@vitalwire/source', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void owner.kill('SIGKILL'));
    const [output] = await once(owner.stdout.setEncoding('utf8'), 'data');
    const pids = String(output).trim().split(' ').map(Number);
    expect(pids.map(isRunning)).toEqual([true, true]);
    owner.kill('SIGKILL');
    await vi.waitFor(() => expect(pids.map(isRunning)).toEqual([false, false]), { timeout: 5_000 });
  });
});

describe.skipIf(!hasRedis())('RedisCluster', () => {
  it('spreads its slots over its masters, which all take commands', async () => {
    await using cluster = await RedisCluster.start();
    expect(cluster.url).toMatch(/^redis\+cluster:\/\/(127\.0\.0\.1:\d+,){2}127\.0\.0\.1:\d+$/);
    for (const node of cluster.nodes) {
      expect(await node.command('CLUSTER', 'INFO')).toMatch(
        /cluster_state:ok\r\ncluster_slots_assigned:16384/,
      );
    }
    const keys = ['{1}', '{2}', '{3}', '{4}', '{5}', '{6}', '{7}', '{8}'];
    const masters = await Promise.all(keys.map((key) => cluster.masterOf(key)));
    expect(new Set(masters).size).toBe(3);
    for (const [index, master] of masters.entries()) {
      expect(await master.command('SET', `${keys[index]}`, 'here')).toBe('OK');
    }
  });

  it('promotes the replica of a master that is gone', async () => {
    await using cluster = await RedisCluster.start({ replicasEach: 1 });
    expect(cluster.nodes).toHaveLength(6);
    const master = await cluster.masterOf('{1}');
    await master.kill();
    await vi.waitFor(async () => expect(await cluster.masterOf('{1}')).not.toBe(master), {
      timeout: 15_000,
      interval: 100,
    });
    await cluster.settled();
    expect(await (await cluster.masterOf('{1}')).command('SET', '{1}', 'there')).toBe('OK');
  });
});

describe.skipIf(!hasRedis())('RedisSentinels', () => {
  it('makes the replica the master when it is told to', async () => {
    await using group = await RedisSentinels.start({ appendfsync: 'always' });
    expect(group.url).toMatch(/^redis\+sentinel:\/\/(127\.0\.0\.1:\d+,){2}127\.0\.0\.1:\d+\/mymaster$/);
    const [before, after] = group.servers;
    expect(await group.master()).toBe(before);
    await before?.command('SET', 'kept', 'yes');
    expect(await group.failover()).toBe(after);
    expect(await group.master()).toBe(after);
    expect(await after?.command('ROLE')).toMatch(/^master\n/);
    expect(await after?.command('GET', 'kept')).toBe('yes');
  });

  it('makes the replica the master when the master is gone', async () => {
    await using group = await RedisSentinels.start();
    const [before, after] = group.servers;
    await before?.kill();
    await vi.waitFor(async () => expect(await group.master()).toBe(after), {
      timeout: 15_000,
      interval: 100,
    });
  });
});

describe('findRedis', () => {
  it('says that there is none when there is none on the PATH', () => {
    vi.stubEnv('PATH', '/nowhere');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(findRedis()).toBe('there is no redis-server on the PATH');
  });

  it('is asked for by CI and REQUIRE_REDIS, unless they are empty, 0 or false', () => {
    const required = (...environments: NodeJS.ProcessEnv[]) => environments.map(redisIsRequired);
    expect(required({}, { CI: '' }, { CI: 'false' }, { REQUIRE_REDIS: '0' })).not.toContain(true);
    expect(required({ CI: 'true' }, { REQUIRE_REDIS: '1' }, { CI: '0', REQUIRE_REDIS: 'yes' })).not.toContain(
      false,
    );
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
