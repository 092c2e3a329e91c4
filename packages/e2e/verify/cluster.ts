import { join } from 'node:path';
import type { ServerProcessOptions } from '@vitalwire/testing';
import { ServerProcess } from '../support/server-process.ts';
import { Balancer } from './balancer.ts';
import { Disk } from './disk.ts';
import { Node } from './node.ts';
import { Redis } from './redis.ts';

export const logKinds = ['memory', 'sqlite', 'redis', 'redis-sentinel'] as const;

export type LogKind = (typeof logKinds)[number];

export interface ClusterOptions {
  readonly log: LogKind;
  readonly nodes: number;
  /** Publications kept a topic. */
  readonly retention: number;
  /** For data and the servers' logs. */
  readonly folder: string;
  /** Modules that every server loads first. */
  readonly imports: readonly string[];
}

/** What takes long on purpose takes less here, and what is large is small, so that a test reaches it. */
const IMPATIENT = {
  timing: {
    receiptIntervalMs: 200,
    pingIntervalMs: 1_500,
    pongTimeoutMs: 3_000,
    stallTimeoutMs: 5_000,
    closeTimeoutMs: 1_000,
    reconnectSpreadMs: 500,
  },
  limits: { maxBufferedBytes: 65_536, pagePublications: 50 },
  clockToleranceMs: 0,
} satisfies ServerProcessOptions;

/** The servers under test, with the log they share and the balancer in front of them. */
export class Cluster implements AsyncDisposable {
  readonly nodes: readonly Node[];
  readonly balancer: Balancer;
  /** The disk of the log, when it has one whose power can be cut. */
  readonly disk: Disk | undefined;
  /** Why there is none. */
  readonly diskless: string | undefined;
  /** What the nodes share. */
  readonly redis: Redis | undefined;

  private constructor(
    nodes: readonly Node[],
    { disk, diskless }: { disk: Disk | undefined; diskless: string | undefined },
    redis: Redis | undefined,
  ) {
    this.nodes = nodes;
    this.redis = redis;
    this.disk = disk;
    this.diskless = diskless;
    this.balancer = new Balancer(nodes);
  }

  static async start(options: ClusterOptions): Promise<Cluster> {
    const disk = await diskOf(options);
    const { log } = options;
    const redis = log === 'redis' || log === 'redis-sentinel' ? await Redis.start(log) : undefined;
    const names = Array.from({ length: options.nodes }, (_, index) => `node-${index + 1}`);
    const starting = names.map(
      async (name) =>
        new Node(name, await ServerProcess.start(serverOptions(options, name, disk.disk, redis))),
    );
    const started = await Promise.allSettled(starting);
    const nodes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const cluster = new Cluster(nodes, disk, redis);
    const failure = started.find((result) => result.status === 'rejected');
    if (failure === undefined) return cluster;
    await cluster[Symbol.asyncDispose]();
    throw failure.reason;
  }

  /** Nodes that nobody is breaking. */
  get up(): readonly Node[] {
    return this.nodes.filter((node) => node.up);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.balancer[Symbol.asyncDispose]();
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.disk?.[Symbol.asyncDispose]();
    await this.redis?.[Symbol.asyncDispose]();
  }
}

function serverOptions(
  { log, retention, folder, imports }: ClusterOptions,
  name: string,
  disk: Disk | undefined,
  redis: Redis | undefined,
): ServerProcessOptions {
  return {
    ...IMPATIENT,
    ...(log === 'sqlite' && { path: join(disk?.path ?? folder, 'log.db') }),
    ...(redis && { redis: redis.url }),
    retention: { publications: retention },
    imports,
    logFile: join(folder, `${name}.log`),
  };
}

async function diskOf({ log, folder }: ClusterOptions) {
  if (log !== 'sqlite') return { disk: undefined, diskless: `a ${log} log has no disk` };
  const diskless = await Disk.unavailable(folder);
  const disk = diskless === undefined ? await Disk.create(join(folder, 'disk')) : undefined;
  return { disk, diskless };
}
