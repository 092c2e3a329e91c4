import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Announcement, LogStore, Topic } from '../../src/log/log-store.ts';
import type { Nodes } from '../../src/log/nodes.ts';
import { type RedisLogOptions, redisLog } from '../../src/log/redis.ts';

/** One node over Redis, with what it heard. */
export interface RedisNode {
  readonly log: LogStore;
  readonly nodes: Nodes;
  readonly prefix: string;
  readonly heard: Announcement[];
  readonly interrupted: Topic[];
  readonly revoked: [userId: string, atMs: number][];
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
