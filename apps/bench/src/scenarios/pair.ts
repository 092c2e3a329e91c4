import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisServer } from '@vitalwire/server/testing/redis';
import type { LoadCalls, Phase } from '../load/main.ts';
import { Child } from '../processes/child.ts';
import { pin } from '../processes/cores.ts';
import type { ServerCalls } from '../server/main.ts';
import type { TargetName } from '../target-names.ts';
import type { TickPlan } from '../tick-plan.ts';
import { DeliveryError, type Surroundings } from './scenario.ts';
import type { MeasuredPhase } from './turns.ts';

/**
 * As docs/recipes.md tells those who run a server: otherwise most of what a connection costs is space for new objects, which
 * Node keeps for ever once it was needed.
 */
const SERVER_FLAGS = ['--max-semi-space-size=16'];

/** A server and its load generator, both new, each in a process and on a core of its own. */
export class Pair implements AsyncDisposable {
  readonly server: Child<ServerCalls>;
  readonly load: Child<LoadCalls>;
  readonly #redis: RedisServer | undefined;
  readonly #profile: string | undefined;
  #profiling = false;
  readonly #folder: string;
  readonly #removeFolder = () => rmSync(this.#folder, { recursive: true, force: true });

  private constructor(
    server: Child<ServerCalls>,
    load: Child<LoadCalls>,
    redis: RedisServer | undefined,
    profile: string | undefined,
    folder: string,
  ) {
    this.server = server;
    this.load = load;
    this.#redis = redis;
    this.#profile = profile;
    this.#folder = folder;
    process.once('exit', this.#removeFolder);
  }

  static async start(target: TargetName, plan: TickPlan, { cores, profile }: Surroundings): Promise<Pair> {
    const [server, load, redis, folder] = await Promise.all([
      Child.start<ServerCalls>('server', cores.server, SERVER_FLAGS),
      Child.start<LoadCalls>('load', cores.load),
      target === 'vitalwire-redis' ? startRedis(cores.load) : undefined,
      mkdtemp(join(tmpdir(), 'vitalwire-bench-')),
    ]);
    const pair = new Pair(server, load, redis, profile, folder);
    try {
      const { port, tickPort } = await server.call('start', { target, folder, redis: redis?.url, plan });
      await load.call('start', { target, port, tickPort, ...plan });
      return pair;
    } catch (error) {
      await pair[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a phase that counts; adds to what it did how much processor time the server used for it. */
  async measure(phase: () => Promise<Phase>): Promise<MeasuredPhase> {
    await this.#startProfile();
    const before = await this.server.call('usage');
    const result = await phase();
    const after = await this.server.call('usage');
    return { ...result, cpuMicros: after.cpuMicros - before.cpuMicros };
  }

  /** Once, from the first phase that counts on. */
  async #startProfile(): Promise<void> {
    if (this.#profile === undefined || this.#profiling) return;
    this.#profiling = true;
    await this.server.call('startProfile');
  }

  /**
   * Ends what was measured.
   *
   * @throws {DeliveryError} when either side saw something wrong.
   */
  async check(): Promise<void> {
    if (this.#profile !== undefined && this.#profiling) await this.server.call('writeProfile', this.#profile);
    const problems = [
      ...(await this.load.call('problems')),
      ...(await this.server.call('usage')).problems.map((problem) => `publishing: ${problem}`),
    ];
    if (problems.length > 0) throw new DeliveryError(problems.join('\n'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.load[Symbol.asyncDispose](), this.server[Symbol.asyncDispose]()]);
    await this.#redis?.[Symbol.asyncDispose]();
    process.off('exit', this.#removeFolder);
    this.#removeFolder();
  }
}

/**
 * A Redis that forgets nothing that it acknowledged. On a machine with more cores it would have one of its own; here it
 * shares that of the load generator, so that the server is alone on its own.
 */
async function startRedis(core: number | undefined): Promise<RedisServer> {
  const redis = await RedisServer.start({ appendfsync: 'always' });
  pin(redis.pid, core);
  return redis;
}
