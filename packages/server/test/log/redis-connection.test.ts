import * as redisModule from '@redis/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LogUnavailableError, OutcomeUnknownError } from '../../src/errors.ts';
import { parseAddress } from '../../src/log/redis/address.ts';
import { Connection } from '../../src/log/redis/connection.ts';
import { singleDriver } from '../../src/log/redis/driver.ts';
import { Link, LinkLostError, RedisRefusal } from '../../src/log/redis/link.ts';
import { redisLog } from '../../src/log/redis.ts';
import { silentLogger } from '../../src/logger.ts';
import { hasRedis } from '../../src/testing/redis-server.ts';
import { recordingLogger } from '../support/recording-logger.ts';
import { connectNode, SOMEBODY, soon, startRedis, usable } from '../support/redis-node.ts';
import { startProxy } from '../support/tcp-proxy.ts';

const TOPIC = 7;

/** Keeps this process from doing anything. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

describe.skipIf(!hasRedis())('a link', () => {
  async function connectLink(timeoutMs = 500) {
    const redis = await startRedis();
    const proxy = await startProxy(redis.port);
    const host = { host: '127.0.0.1', port: proxy.port };
    const driver = singleDriver(redisModule, parseAddress('redis://127.0.0.1'), host, timeoutMs);
    const link = new Link(driver, timeoutMs);
    onTestFinished(() => link.close(new Error('the test is finished')));
    await link.connect();
    return { redis, proxy, link };
  }

  it('ends when an answer does not come in time, and with it all that waits', async () => {
    const { proxy, link } = await connectLink();
    proxy.holdAnswers();
    const begun = performance.now();
    const waiting = [link.send('', ['PING']), link.send('', ['PING']), link.subscribe('c', () => {})];
    for (const each of await Promise.allSettled(waiting)) {
      expect(each).toMatchObject({ status: 'rejected', reason: expect.any(LinkLostError) });
    }
    expect(performance.now() - begun).toBeGreaterThan(450);
    expect((await link.lost).message).toBe('Redis did not answer within 500 ms');
  });

  it('sends nothing after it ended, and says so', async () => {
    const { redis, link } = await connectLink();
    link.close(new Error('enough'));
    await expect(link.send('', ['SET', 'key', 'value'])).rejects.toThrow(LogUnavailableError);
    await expect(link.subscribe('c', () => {})).rejects.toThrow(LogUnavailableError);
    await expect(link.unsubscribe('c')).rejects.toThrow(LogUnavailableError);
    expect(await redis.command('EXISTS', 'key')).toBe('0');
  });

  it('is not given up because this process stood still', async () => {
    const { link } = await connectLink();
    const answers = Array.from({ length: 5 }, () => link.send('', ['PING']));
    standStill(700);
    answers.push(link.send('', ['PING']));
    await new Promise((resolve) => setImmediate(resolve));
    standStill(700);
    expect(await Promise.all(answers)).toEqual(Array(6).fill('PONG'));
  });

  it('tells a refusal from a loss', async () => {
    const { link } = await connectLink();
    await link.send('', ['SET', 'key', 'value']);
    await expect(link.send('', ['LPUSH', 'key', 'value'])).rejects.toThrow(RedisRefusal);
    expect(await link.send('', ['GET', 'key'])).toBe('value');
  });

  it('ends when its server takes no writes any more', async () => {
    const { redis, link } = await connectLink();
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    await expect(link.send('', ['SET', 'key', 'value'])).rejects.toThrow(RedisRefusal);
    expect((await link.lost).message).toMatch(/^READONLY/);
  });

  it('leaves nobody connected whose connecting was given up', async () => {
    const redis = await startRedis();
    const proxy = await startProxy(redis.port);
    for (let round = 0; round < 10; round += 1) {
      const host = { host: '127.0.0.1', port: proxy.port };
      const driver = singleDriver(redisModule, parseAddress('redis://127.0.0.1'), host, 500);
      const link = new Link(driver, 500);
      const connected = link.connect();
      await new Promise((resolve) => setTimeout(resolve, round / 2));
      link.close(new Error('enough'));
      await connected.catch(() => {});
    }
    await soon(async () => {
      const clients = await redis.command('CLIENT', 'LIST');
      expect(clients.split('\n')).toHaveLength(1);
    });
  });
});

describe.skipIf(!hasRedis())('a connection', () => {
  it('can be closed in any moment of its making', { timeout: 30_000 }, async () => {
    const redis = await startRedis();
    for (let turns = 0; turns < 40; turns += 1) {
      const closed = new Promise<void>((resolve, reject) => {
        const connection = new Connection({
          address: parseAddress(redis.url),
          commandTimeoutMs: 1_000,
          logger: silentLogger,
          prepare: async () => {
            void close(turns).then(resolve, reject);
          },
        });
        async function close(after: number) {
          for (let turn = 0; turn < after; turn += 1) await Promise.resolve();
          await connection.close();
        }
      });
      await closed;
    }
    await soon(async () => {
      expect((await redis.command('CLIENT', 'LIST')).split('\n')).toHaveLength(1);
    });
  });

  it.each([0, 1, 5, 10, 20, 50])('leaves nothing behind when it is closed after %i ms', async (ms) => {
    const redis = await startRedis();
    const log = redisLog({ url: redis.url });
    await new Promise((resolve) => setTimeout(resolve, ms));
    await log.close();
    await soon(async () => {
      expect((await redis.command('CLIENT', 'LIST')).split('\n')).toHaveLength(1);
    });
    await expect(log.nodes?.check()).rejects.toThrow(LogUnavailableError);
  });

  it('is waited for in the beginning', async () => {
    const redis = await startRedis();
    const log = redisLog({ url: redis.url });
    onTestFinished(() => log.close());
    const heard: number[] = [];
    log.onAnnouncement(({ publications }) => heard.push(...publications.map(({ offset }) => offset)));
    const attending = log.nodes?.attend(TOPIC, SOMEBODY);
    const appended = await Promise.all(['a', 'b'].map((text) => log.append(TOPIC, { text })));
    expect(appended.map(({ position }) => position.offset)).toEqual([1, 2]);
    await attending;
    expect(await log.append(TOPIC, { text: 'c' })).toMatchObject({ position: { offset: 3 }, recipients: 1 });
    await soon(() => expect(heard.at(-1)).toBe(3));
  });

  it('leaves nobody waiting who came before it was closed', async () => {
    const redis = await startRedis();
    for (const turns of [0, 1, 3, 10]) {
      const log = redisLog({ url: redis.url });
      const calls = [log.append(TOPIC, { text: 'a' }), log.state(TOPIC), log.nodes?.attend(TOPIC, SOMEBODY)];
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      await log.close();
      for (const call of await Promise.allSettled(calls)) {
        if (call.status === 'rejected') expect(call.reason).toBeInstanceOf(LogUnavailableError);
      }
    }
  });

  it('is closed while Redis does not answer', async () => {
    const redis = await startRedis();
    const { log, nodes } = await connectNode({ url: redis.url, commandTimeoutMs: 500 });
    await nodes.attend(TOPIC, SOMEBODY);
    redis.pause();
    const appending = log.append(TOPIC, { text: 'a' });
    await Promise.all([expect(appending).rejects.toThrow(OutcomeUnknownError), log.close()]);
  });

  it('does not hurry when connections do not last', async () => {
    const redis = await startRedis();
    const proxy = await startProxy(redis.port);
    const logger = recordingLogger();
    const log = redisLog({ url: `redis://127.0.0.1:${proxy.port}`, logger });
    onTestFinished(() => log.close());
    const cutting = setInterval(() => {
      proxy.cut();
      proxy.mend();
    }, 40);
    const begun = performance.now();
    await soon(() => expect(proxy.connections).toBeGreaterThanOrEqual(6));
    clearInterval(cutting);
    // Five pauses, of at least the half of 50, 100, 200, 400 and 800 ms.
    expect(performance.now() - begun).toBeGreaterThan(750);
    await usable(log);
  });

  it('says once why there is none', async () => {
    const redis = await startRedis();
    const logger = recordingLogger();
    const { log } = await connectNode({ url: redis.url, logger });
    await redis.kill();
    const reasons = () => {
      const errors = logger.lines.filter(({ level }) => level === 'error');
      return errors.map(({ fields }) => fields['reason']);
    };
    await soon(() => expect(reasons().at(-1)).toMatch(/ECONNREFUSED/));
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(new Set(reasons()).size).toBe(reasons().length);
    await redis.restart();
    await usable(log);
    expect(logger.lines.filter(({ message }) => message === 'connected to Redis')).toHaveLength(2);
  });

  it.each([
    ['refuses connections', 'kill'],
    ['does not answer', 'pause'],
  ] as const)('answers for a Redis that %s', async (_, trouble) => {
    const redis = await startRedis();
    await redis[trouble]();
    const log = redisLog({ url: redis.url, commandTimeoutMs: 500 });
    onTestFinished(() => log.close());
    await expect(log.append(TOPIC, { text: 'a' })).rejects.toThrow(LogUnavailableError);
    await expect(log.nodes?.attend(TOPIC, SOMEBODY)).rejects.toThrow(LogUnavailableError);
    await expect(log.nodes?.check()).rejects.toThrow(LogUnavailableError);
    await expect(log.append(TOPIC, { text: 'a' })).rejects.toThrow(LogUnavailableError);
  });
});
