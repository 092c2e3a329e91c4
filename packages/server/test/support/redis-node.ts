import { randomUUID } from 'node:crypto';
import { onTestFinished, vi } from 'vitest';
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

/** Resolves when Redis can be used again. */
export async function usable({ nodes }: LogStore): Promise<void> {
  await vi.waitFor(() => nodes?.check(), { timeout: 10_000, interval: 20 });
}

/** Lets the monotonic clock of this process go ahead when it is told to. */
export function skipTime(): (ms: number) => void {
  const elapsed = performance.now.bind(performance);
  let ahead = 0;
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => elapsed() + ahead);
  onTestFinished(() => spy.mockRestore());
  return (ms) => {
    ahead += ms;
  };
}

/** Makes the seconds of nodes that connect afterwards short: what they do every second they do fifty times as often. */
export function hurry(): void {
  const timer = setInterval(() => vi.advanceTimersByTime(1_000), 20);
  vi.useFakeTimers({ toFake: ['setInterval'] });
  onTestFinished(() => {
    vi.useRealTimers();
    clearInterval(timer);
  });
}
