// A target in a process of its own. The bench speaks with it over the IPC channel; what has to be quick, the ticks, comes
// over a socket of the load generator: one byte, one tick.
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerCalls } from '../processes/calls.ts';
import type { TargetName } from '../target-names.ts';
import type { TickPlan } from '../tick-plan.ts';
import { listen } from './listen.ts';
import { startProfile, writeProfile } from './profile.ts';
import type { Target, TargetOptions } from './target.ts';
import { targets } from './targets/index.ts';

export interface Started {
  readonly port: number;
  readonly tickPort: number;
}

/** What the bench asks a server process for. */
export interface ServerCalls {
  start(options: TargetOptions & { target: TargetName; plan: TickPlan }): Promise<Started>;
  /** Microseconds of processor time that the process has used, and the failures of its publishing. */
  usage(): { cpuMicros: number; problems: readonly string[] };
  /** Bytes in memory, after all that can be collected was. */
  memory(): Promise<number>;
  /** Publishes one tick, and waits for it. */
  tick(): Promise<void>;
  startProfile(): Promise<void>;
  writeProfile(path: string): Promise<void>;
}

const problems: string[] = [];
let target: Target | undefined;
let plan: TickPlan = { topics: 1, messages: 1 };
let sequence = 1;

answerCalls<ServerCalls>({
  async start(options) {
    plan = options.plan;
    target = await targets[options.target](options);
    const ticks = createServer({ noDelay: true }, (socket) => {
      socket.on('data', ({ length }) => {
        for (let index = 0; index < length; index++) tick().catch(fail);
      });
      socket.on('error', () => {});
    });
    return { port: target.port, tickPort: await listen(ticks) };
  },
  usage() {
    const { user, system } = process.cpuUsage();
    return { cpuMicros: user + system, problems };
  },
  async memory() {
    // Several times, with turns between: what finalizers and timers hold is gone then as well.
    for (let turn = 0; turn < 4; turn++) {
      await sleep(100);
      globalThis.gc?.();
    }
    return process.memoryUsage().rss;
  },
  tick,
  startProfile,
  writeProfile,
});

async function tick(): Promise<void> {
  const first = sequence;
  sequence += plan.messages;
  const publishing: Promise<void>[] = [];
  for (let topic = 0; topic < plan.topics; topic++) {
    const published = target?.publish(topic, first, plan.messages);
    if (published !== undefined) publishing.push(published);
  }
  await Promise.all(publishing);
}

function fail(error: unknown): void {
  if (problems.length < 10) problems.push(error instanceof Error ? error.message : String(error));
}
