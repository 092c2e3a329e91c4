// The load generator in a process of its own: all subscribers of one server.
import { answerCalls } from '../processes/calls.ts';
import type { TargetName } from '../target-names.ts';
import { type Protocol, protocolOf } from './driver.ts';
import { bare } from './drivers/bare.ts';
import { vitalwire } from './drivers/vitalwire.ts';
import { ws } from './drivers/ws.ts';
import { Population } from './population.ts';
import { Ticks } from './ticks.ts';

const drivers = { bare, ws, vitalwire } satisfies Record<Protocol, unknown>;

/** What a phase under load did, as the load generator saw it. */
export interface Phase {
  readonly ticks: number;
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
  closedLoop(durationMs: number): Promise<Phase>;
  /** Everything that was wrong with what was received. */
  problems(): Promise<readonly string[]>;
}

let population: Population;
let ticks: Ticks;

answerCalls<LoadCalls>({
  async start({ target, port, tickPort, topics, messages }) {
    population = new Population(port, drivers[protocolOf[target]], topics);
    ticks = await Ticks.connect(tickPort, population, messages);
  },
  connect: (count) => population.connect(count),
  cut: () => population.cut(),
  closedLoop: (durationMs) => phase(() => ticks.closedLoop(durationMs)),
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
    ticks: done,
    deliveries: population.received - received,
    seconds,
    busy: (user + system) / 1e6 / seconds,
  };
}
