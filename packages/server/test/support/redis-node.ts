import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, vi } from 'vitest';
import type { Announcement, LogStore, Topic } from '../../src/log/log-store.ts';
import type { Nodes } from '../../src/log/nodes.ts';
import { type RedisLogOptions, redisLog } from '../../src/log/redis.ts';
import { RedisServer } from '../../src/testing/redis-server.ts';

/** One node over Redis, with what it heard. */
export interface RedisNode {
  readonly log: LogStore;
  readonly nodes: Nodes;
  readonly prefix: string;
  readonly heard: Announcement[];
  readonly interrupted: Topic[];
  readonly revoked: [userId: string, atMs: number][];
}

/** A Redis for one test. */
export async function startRedis(
  options: Parameters<typeof RedisServer.start>[0] = {},
): Promise<RedisServer> {
  const redis = await RedisServer.start(options);
  onTestFinished(() => redis[Symbol.asyncDispose]());
  return redis;
}

/** Connects a node; it leaves when the test is finished. Without a prefix it shares nothing with other tests. */
export async function connectNode(options: RedisLogOptions): Promise<RedisNode> {
  const prefix = options.prefix ?? randomUUID();
  const log = redisLog({ ...options, prefix });
  onTestFinished(() => log.close());
  const { nodes } = log;
  if (nodes === undefined) throw new Error('a log in Redis has nodes');
  const node: RedisNode = { log, nodes, prefix, heard: [], interrupted: [], revoked: [] };
  log.onAnnouncement((announcement) => node.heard.push(announcement));
  nodes.onInterruption((topic) => node.interrupted.push(topic));
  nodes.onRevocation((...revocation) => node.revoked.push(revocation));
  await nodes.check();
  return node;
}

/** What a node heard of a topic, as offsets. */
export function offsetsHeard({ heard }: RedisNode, topic: Topic): number[] {
  return heard
    .filter((announcement) => announcement.topic === topic)
    .flatMap(({ publications }) => publications.map(({ offset }) => offset));
}

/** One subscription of one user. */
export const SOMEBODY: ReadonlyMap<string, number> = new Map([['somebody', 1]]);

/** Everything that is retained. */
export const EVERYTHING = { publications: Infinity, size: Infinity };

/**
 * Resolves with what does not throw any more. The patience is for what never comes: a busy machine may take its time.
 * Unlike `vi.waitFor` it leaves the clocks of a test alone.
 */
export async function soon<T>(condition: () => T | Promise<T>, patienceMs = 15_000): Promise<T> {
  const until = Date.now() + patienceMs;
  for (;;) {
    try {
      return await condition();
    } catch (error) {
      if (Date.now() > until) throw error;
      await wait(20);
    }
  }
}

/** Resolves when Redis can be used again. */
export async function usable({ nodes }: LogStore): Promise<void> {
  await soon(() => nodes?.check());
}

/** Resolves when a node hears what another one appends. Until it has noticed that it is deaf, it does not. */
export async function hearsAgain(node: RedisNode, topic: Topic, publisher = node): Promise<void> {
  await soon(async () => {
    const { position } = await publisher.log.append(topic, { text: 'heard' });
    await soon(() => expect(offsetsHeard(node, topic)).toContain(position.offset), 1_000);
  }, 25_000);
}

/** Stops the monotonic clock of this process: it goes on when it is told to. */
export function skipTime(): (ms: number) => void {
  let now = performance.now();
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => spy.mockRestore());
  return (ms) => {
    now += ms;
  };
}

/** What nodes do by themselves. */
export interface Beats {
  /** Nothing more is begun by itself. */
  stop(): void;
  /** As if a second had passed. */
  next(): void;
}

/** Makes the seconds of nodes that connect afterwards short: what they do every second they do fifty times as often. */
export function hurry(): Beats {
  const next = () => void vi.advanceTimersByTime(1_000);
  const timer = setInterval(next, 20);
  vi.useFakeTimers({ toFake: ['setInterval'] });
  onTestFinished(() => {
    vi.useRealTimers();
    clearInterval(timer);
  });
  // The timer is a real one, which the faked function does not know.
  return { stop: () => clearTimeout(timer), next };
}
