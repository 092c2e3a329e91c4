import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { Hub } from '../src/hub.ts';
import { SharedReads } from '../src/shared-reads.ts';
import { SharedLog, type SharedLogNode, Wires } from './support/shared-log.ts';
import { type Sent, Subscriber, textOf } from './support/subscriber.ts';

const TOPIC = 7;

/** Two users subscribed to one node; somebody else appends, on another one. */
class World {
  readonly wires = new Wires();
  /** Takes what comes, or does not; the other one always does. */
  readonly ann: Subscriber;
  readonly subscribers: readonly Subscriber[];
  readonly #shared: SharedLog;
  readonly #node: SharedLogNode;
  readonly #publisher: SharedLogNode;
  readonly #history = new Map<string, Sent[]>();
  #published = 0;
  /** Announcements were lost, or an epoch has begun, and nobody was told yet. */
  #interruptionDue = false;

  constructor(retained: number) {
    this.#shared = new SharedLog({ retention: { publications: retained } });
    this.#publisher = this.#shared.node();
    this.#node = this.#shared.node(this.wires.carry);
    const hub = new Hub(systemClock);
    this.#node.onAnnouncement((announcement) => hub.announce(announcement));
    this.#node.nodes.onInterruption((topic) => hub.interrupted(topic));
    const reads = new SharedReads(this.#node, { publications: 3, size: 10_000 });
    this.ann = new Subscriber(TOPIC, 'ann', hub, reads, this.#node.nodes);
    this.subscribers = [this.ann, new Subscriber(TOPIC, 'bob', hub, reads, this.#node.nodes)];
  }

  async append(count: number, to: string | undefined): Promise<void> {
    const appends = Array.from({ length: count }, async () => {
      const text = textOf(++this.#published);
      const { position } = await this.#publisher.append(TOPIC, { text, to });
      this.#note(position.epoch, position.offset, { text, to });
    });
    await Promise.all(appends);
  }

  /** An older copy of the log is put back, in which the last publications are missing. */
  async restore(missing: number): Promise<void> {
    const { epoch, publications } = await this.#shared.restore(TOPIC, missing);
    for (const { offset, text, to } of publications) this.#note(epoch, offset, { text, to });
    this.#interruptionDue = true;
  }

  #note(epoch: string, offset: number, sent: Sent): void {
    const known = this.#history.get(epoch) ?? [];
    known[offset - 1] = sent;
    this.#history.set(epoch, known);
  }

  /** The connection that announcements come by is lost. */
  deafen(): void {
    this.#node.hearing = false;
    this.wires.lose('announcements');
    this.#interruptionDue = true;
  }

  hear(): void {
    this.#node.hearing = true;
  }

  /** Of one append nothing is heard. */
  async miss(): Promise<void> {
    this.deafen();
    await this.append(1, undefined);
    this.hear();
  }

  /** The connection that questions go by is lost. */
  cutOff(): void {
    this.#node.reachable = false;
    this.wires.lose('requests');
    this.wires.lose('answers');
  }

  reach(): void {
    this.#node.reachable = true;
  }

  /** Also without need. But only a node that hears again knows what it has missed. */
  interrupt(): void {
    if (!this.#node.hearing) return;
    this.#interruptionDue = false;
    this.#node.interrupt();
  }

  tick(): void {
    for (const subscriber of this.subscribers) subscriber.tick();
  }

  /** Everything arrives. Then whoever is not kept from it by a fault has received everything. */
  async rest(): Promise<void> {
    await this.#arrive();
    this.tick();
    await this.#arrive();
    if (this.#interruptionDue || !this.#node.reachable) return;
    const end = await this.#shared.log.state(TOPIC);
    for (const subscriber of this.subscribers) {
      if (subscriber.writable) subscriber.expectUnbroken(this.#history, end);
    }
  }

  /** Every fault ends. */
  async mend(): Promise<void> {
    this.reach();
    this.hear();
    await this.#arrive();
    if (this.#interruptionDue) this.interrupt();
    if (!this.ann.writable) this.ann.drain();
  }

  async #arrive(): Promise<void> {
    do {
      this.wires.move('announcements');
      this.wires.move('requests');
      this.wires.move('answers');
      await settle();
    } while (!this.wires.empty);
  }
}

/** Lets happen what is not on any wire. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const FAULTS = ['slow', 'deaf', 'unreachable', 'restored'] as const;

interface Step {
  readonly name: string;
  readonly fault?: (typeof FAULTS)[number];
  readonly run: (world: World) => void | Promise<void>;
}

const wire = fc.constantFrom('requests' as const, 'answers' as const, 'announcements' as const);
const few = fc.integer({ min: 1, max: 3 });
const addressee = fc.constantFrom(undefined, undefined, 'ann', 'bob');

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(few, addressee).map(append) },
  { weight: 12, arbitrary: fc.tuple(wire, few).map(move) },
  { weight: 2, arbitrary: fc.constant<Step>({ name: 'interrupt', run: (world) => world.interrupt() }) },
  { weight: 2, arbitrary: fc.constant<Step>({ name: 'rest', run: (world) => world.rest() }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Step>(
      { name: 'block', fault: 'slow', run: ({ ann }) => ann.block() },
      { name: 'drain', fault: 'slow', run: ({ ann }) => ann.drain() },
      { name: 'miss 1', fault: 'deaf', run: (world) => world.miss() },
      { name: 'deafen', fault: 'deaf', run: (world) => world.deafen() },
      { name: 'hear', fault: 'deaf', run: (world) => world.hear() },
      { name: 'cut off', fault: 'unreachable', run: (world) => world.cutOff() },
      { name: 'reach', fault: 'unreachable', run: (world) => world.reach() },
      { name: 'tick', fault: 'unreachable', run: (world) => world.tick() },
      { name: 'restore 2', fault: 'restored', run: (world) => world.restore(2) },
      { name: 'restore 0', fault: 'restored', run: (world) => world.restore(0) },
    ),
  },
);

function append([count, to]: [number, string | undefined]): Step {
  return { name: `append ${count} to ${to ?? 'all'}`, run: (world) => world.append(count, to) };
}

function move([name, count]: [Parameters<Wires['move']>[0], number]): Step {
  return { name: `${count} ${name}`, run: ({ wires }) => wires.move(name, count) };
}

/** A run knows some of the faults only, because one repairs the damage of another. */
const steps = fc
  .tuple(fc.array(step, { maxLength: 100, size: 'max' }), fc.subarray([...FAULTS]))
  .map(([all, faults]) => {
    const list = all.filter(({ fault }) => fault === undefined || faults.includes(fault));
    return { list, toString: () => list.map(({ name }) => name).join(', ') };
  });

describe('Cursor on a log of several nodes', () => {
  it('reads again what it was interrupted in, whatever is announced from before', async () => {
    const world = new World(10);
    await world.rest();
    await world.append(1, undefined);
    world.interrupt();
    await settle();
    // One page is on its way from the old log, and so is what the old log announced, when everybody is interrupted.
    world.wires.move('requests', 1);
    await settle();
    await world.restore(1);
    world.interrupt();
    await world.rest();
    const [gap] = world.ann.events.filter((event) => 'reason' in event);
    expect(gap).toMatchObject({ reason: 'epoch_changed' });
  });

  it('delivers everything once and in order, or a gap, whatever is late or lost', {
    timeout: 60_000,
  }, async () => {
    const seen = { epochs: 0, retention: 0, halts: 0 };
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 3, max: 20 }), async ({ list }, retained) => {
        const world = new World(retained);
        for (const { run } of list) {
          await run(world);
          await settle();
        }
        await world.mend();
        await world.rest();
        for (const { halts, events } of world.subscribers) {
          seen.halts += halts;
          const gaps = events.filter((event) => 'reason' in event);
          seen.retention += gaps.filter(({ reason }) => reason === 'retention').length;
          seen.epochs += gaps.filter(({ reason }) => reason === 'epoch_changed').length;
        }
      }),
      { numRuns: 600 },
    );
    // Otherwise the test has tested nothing.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
  });
});
