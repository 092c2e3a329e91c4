import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Hub } from '../../src/hub.ts';
import { SharedReads } from '../../src/shared-reads.ts';
import { hasRedis, type RedisServer } from '../../src/testing/redis-server.ts';
import { connectNode, EVERYTHING, hurry, type RedisNode, soon, startRedis } from '../support/redis-node.ts';
import { type Sent, Subscriber, textOf } from '../support/subscriber.ts';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const TOPIC = 7;

/** Two users subscribed to one node, which many things happen to; somebody else appends, on another one. */
class World {
  readonly redis: RedisServer;
  readonly proxy: TcpProxy;
  readonly node: RedisNode;
  readonly ann: Subscriber;
  readonly #publisher: RedisNode;
  readonly #subscribers: readonly Subscriber[];
  readonly #history = new Map<string, Sent[]>();
  #published = 0;

  private constructor(redis: RedisServer, proxy: TcpProxy, node: RedisNode, publisher: RedisNode) {
    this.redis = redis;
    this.proxy = proxy;
    this.node = node;
    this.#publisher = publisher;
    const hub = new Hub(systemClock);
    node.log.onAnnouncement((announcement) => hub.announce(announcement));
    node.nodes.onInterruption((topic) => hub.interrupted(topic));
    const reads = new SharedReads(node.log, { publications: 3, size: 10_000 });
    this.ann = new Subscriber(TOPIC, 'ann', hub, reads, node.log.nodes);
    this.#subscribers = [this.ann, new Subscriber(TOPIC, 'bob', hub, reads, node.log.nodes)];
  }

  static async begin(redis: RedisServer, proxy: TcpProxy): Promise<World> {
    const url = `redis://127.0.0.1:${proxy.port}`;
    const node = await connectNode({ url, commandTimeoutMs: 200 });
    return new World(redis, proxy, node, await connectNode({ url: redis.url, prefix: node.prefix }));
  }

  key(name: string): string {
    return `${this.node.prefix}:{${TOPIC}}:${name}`;
  }

  get channel(): string {
    return `${this.node.prefix}:{${TOPIC}}`;
  }

  async append(count: number, to: string | undefined): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      const text = textOf(++this.#published);
      const entry = { text, to, idempotency: { key: text, memo: '' } };
      // Its connection may be lost as well: then it is repeated.
      await soon(() => this.#publisher.log.append(TOPIC, entry));
    }
  }

  /** Every log begins a new epoch, which has what the one before had. */
  async renew(): Promise<void> {
    await this.#note();
    await this.redis.command('HSET', this.key('head'), 'lineage', `${Math.random()}`);
    await this.#note();
  }

  tick(): void {
    for (const subscriber of this.#subscribers) subscriber.tick();
  }

  /** Every fault ends. Then everybody has everything, or was told of a gap. */
  async mend(): Promise<void> {
    this.proxy.mute();
    this.proxy.cut(); // what was held back is lost
    this.proxy.mend();
    if (!this.ann.writable) this.ann.drain();
    await soon(async () => {
      await this.#note();
      this.tick();
      const end = await this.#publisher.log.state(TOPIC);
      for (const subscriber of this.#subscribers) subscriber.expectUnbroken(this.#history, end);
    }, 20_000);
    await this.node.log.close();
    await this.#publisher.log.close();
  }

  async #note(): Promise<void> {
    const page = await soon(() => this.#publisher.log.read(TOPIC, 0, EVERYTHING));
    this.#history.set(
      page.epoch,
      page.publications.map(({ text, to }) => ({ text, to })),
    );
  }
}

interface Step {
  readonly name: string;
  readonly run: (world: World) => unknown;
}

const addressee = fc.constantFrom(undefined, undefined, 'ann', 'bob');

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.tuple(fc.integer({ min: 1, max: 4 }), addressee).map(([count, to]) => ({
      name: `append ${count} to ${to ?? 'all'}`,
      run: (world: World) => world.append(count, to),
    })),
  },
  {
    weight: 10,
    arbitrary: fc.integer({ min: 0, max: 40 }).map((ms) => ({ name: `wait ${ms}`, run: () => wait(ms) })),
  },
  {
    weight: 12,
    arbitrary: fc.constantFrom<Step>(
      { name: 'cut', run: ({ proxy }) => proxy.cut() },
      { name: 'mend', run: ({ proxy }) => proxy.mend() },
      { name: 'mend', run: ({ proxy }) => proxy.mend() },
      { name: 'mute', run: ({ proxy, channel }) => proxy.mute(channel) },
      { name: 'unmute', run: ({ proxy }) => proxy.mute() },
      { name: 'hold answers', run: ({ proxy }) => proxy.holdAnswers() },
      { name: 'tick', run: (world) => world.tick() },
      { name: 'block', run: ({ ann }) => ann.block() },
      {
        name: 'block, and append 3',
        run: (world) => {
          world.ann.block();
          return world.append(3, undefined);
        },
      },
      { name: 'drain', run: ({ ann }) => ann.drain() },
      { name: 'renew', run: (world) => world.renew() },
      { name: 'forget scripts', run: ({ redis }) => redis.command('SCRIPT', 'FLUSH') },
      {
        name: 'forget nodes',
        run: (world) => world.redis.command('DEL', world.key('nodes'), world.key('users')),
      },
      {
        name: 'kill connections',
        run: ({ redis }) => redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub'),
      },
    ),
  },
);

const steps = fc.array(step, { minLength: 30, maxLength: 60, size: 'max' }).map((list) => {
  return { list, toString: () => list.map(({ name }) => name).join(', ') };
});

// Not tried again when it fails: what is found here may come in one of many runs only.
describe.skipIf(!hasRedis())('a node that much happens to', () => {
  it('delivers everything once and in order, or a gap', { timeout: 60_000 }, async () => {
    hurry();
    const redis = await startRedis();
    const seen = { epochs: 0, halts: 0, connections: 0 };
    // Without any of them it would have tested nothing.
    while (Object.values(seen).includes(0)) {
      await fc.assert(
        fc.asyncProperty(steps, async ({ list }) => {
          const proxy = await startProxy(redis.port);
          const world = await World.begin(redis, proxy);
          for (const { run } of list) await run(world);
          await world.mend();
          seen.halts += world.ann.halts;
          seen.epochs += world.ann.events.filter((event) => 'reason' in event).length;
          seen.connections += proxy.connections - 1;
        }),
        // A failure depends on the moment as well, so that a shorter one is not looked for.
        { numRuns: 5, endOnFailure: true },
      );
    }
  });
});
