// The load generator in a process of its own: all subscribers of one server.
import { nowMicros } from '../message.ts';
import { answerCalls } from '../processes/calls.ts';
import type { TargetName } from '../target-names.ts';
import { drivers } from './drivers/index.ts';
import { Latencies, type Latency } from './latencies.ts';
import { Population } from './population.ts';
import { Posting, type PostingPlan } from './posting.ts';
import { Ticks } from './ticks.ts';
import { Vigil } from './vigil.ts';

/** What a phase under load did, as the load generator saw it. */
export interface Phase {
  /** Ticks, or publications by HTTP. */
  readonly done: number;
  readonly deliveries: number;
  readonly seconds: number;
  /** Processor time of the load generator over real time: near 1 it is the bottleneck. */
  readonly busy: number;
}

/** What the bench asks the load generator for. */
export interface LoadCalls {
  start(options: {
    target: TargetName;
    port: number;
    tickPort: number;
    topics: number;
    messages: number;
  }): Promise<void>;
  /** Connects so many subscribers, and resolves when all are subscribed. */
  connect(count: number): Promise<void>;
  cut(): void;
  /** Cuts all connections, and lets other subscribers come the next time. */
  forget(): void;
  closedLoop(durationMs: number): Promise<Phase>;
  /** Times every delivery. */
  fixedRate(ticksPerSecond: number, durationMs: number): Promise<Phase>;
  /** Of all deliveries that were timed. */
  latency(): Latency;
  /** Says that every subscriber is about to receive so many messages, and waits for them. */
  expect(messages: number): void;
  arrived(): Promise<void>;
  /** Lets everybody come back at once; each has missed so many messages. */
  storm(missed: number): Promise<Phase>;
  /** Publishes by HTTP. */
  post(plan: PostingPlan): Promise<Phase>;
  /** Everything that was wrong with what was received. */
  problems(): Promise<readonly string[]>;
}

let population: Population;
let ticks: Ticks;
let posting: Posting;
const latencies = new Latencies();

answerCalls<LoadCalls>({
  async start({ target, port, tickPort, topics, messages }) {
    population = new Population(port, drivers[target], topics);
    posting = new Posting(port, population, topics);
    ticks = await Ticks.connect(tickPort, population, messages);
  },
  connect: (count) => population.connect(count),
  cut: () => population.cut(),
  forget: () => population.forget(),
  closedLoop: (durationMs) => awake(() => ticks.closedLoop(durationMs)),
  async fixedRate(ticksPerSecond, durationMs) {
    population.onDelivered = (bytes, start, end) => latencies.add(bytes, start, end, nowMicros());
    const measured = await awake(() => ticks.fixedRate(ticksPerSecond, durationMs));
    population.onDelivered = undefined;
    return measured;
  },
  latency: () => latencies.summary(),
  expect: (messages) => population.expectForAll(messages),
  arrived: () => population.allArrived(),
  storm: (missed) => awake(() => population.storm(missed)),
  async post(plan) {
    const posted = await phase(() => posting.run(plan));
    await population.allArrived();
    return posted;
  },
  async problems() {
    await ticks.settle();
    return population.problems;
  },
});

async function phase(run: () => Promise<number>): Promise<Phase> {
  const { received } = population;
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const done = await run();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - startedAt) / 1_000;
  return {
    done,
    deliveries: population.received - received,
    seconds,
    busy: (user + system) / 1e6 / seconds,
  };
}

/** A phase in which this process does not sleep; busy is what it was not idle. */
async function awake(run: () => Promise<number>): Promise<Phase> {
  const vigil = new Vigil(() => population.received);
  const measured = await phase(run).finally(() => vigil.end());
  return { ...measured, busy: 1 - vigil.end() / 1_000 / measured.seconds };
}
