import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckOptions, check, mergeHistories, type Report, readHistory } from '@vitalwire/server/verify';
import { Random } from '../support/random.ts';
import { Cluster, type LogKind } from './cluster.ts';
import { type FaultKind, type System, wait } from './faults/fault.ts';
import { readLogs } from './final-read.ts';
import { Journal } from './journal.ts';
import { Mixer } from './mixer.ts';
import { Population } from './population.ts';
import { sampleLoop } from './sampler.ts';
import { type Settled, settle } from './settle.ts';

export interface RunOptions {
  readonly durationMs: number;
  readonly log: LogKind;
  readonly nodes: number;
  readonly seed: number;
  readonly kinds: readonly FaultKind[];
  readonly publishers: number;
  readonly users: number;
  /** Publications a second. */
  readonly rate: number;
  /** Modules that every server loads first. */
  readonly imports: readonly string[];
  /** Where the histories go if the promise was broken. @default a new temporary folder */
  readonly folder?: string | undefined;
  /** Seconds of the busiest topic that the log keeps. @default 12: less than the longest absence, more than most */
  readonly retentionSeconds?: number;
  /** Between two faults, on average. @default 700 */
  readonly faultEveryMs?: number;
  /** For everybody to be given everything, once all is mended. @default 60_000 */
  readonly catchUpWithinMs?: number;
  readonly check?: CheckOptions;
  /** Told what is going on. */
  readonly say: (line: string) => void;
  /** Ends the run early, and cleans up. */
  readonly signal?: AbortSignal;
}

/** What a run showed, besides its history. */
interface Shown {
  readonly settled: Settled;
  /** What went wrong that no history shows: a server that ended by itself, an answer that nobody expects. */
  readonly incidents: readonly string[];
  /** What each server wrote to its outputs. */
  readonly outputs: readonly string[];
  /** Histories that were written elsewhere. */
  readonly files: readonly string[];
}

/** What became of a run. */
export interface Outcome extends Shown {
  readonly report: Report;
  /** The folder with the histories and the servers' logs, when there is something to look for in it. */
  readonly folder: string | undefined;
}

const BUSY_SHARE = 1 / 3;
const WARM_UP_MS = 1_500;
const PROGRESS_EVERY_MS = 10_000;
const TOGETHER = 4;

/** Starts everything, breaks it for a while, mends it, and judges what happened. */
export async function run(options: RunOptions): Promise<Outcome> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), `vitalwire-verify-${options.seed}-`)));
  await mkdir(folder, { recursive: true });
  const journal = new Journal(join(folder, 'history.ndjson'), 'harness');
  const shown = await record(options, folder, journal);
  options.say('judging the history');
  const histories = [journal.file, ...shown.files].map(readHistory);
  const report = await check(mergeHistories(histories), judgedBy(options));
  const fine = report.verdict === 'held' && shown.incidents.length === 0;
  if (fine && options.folder === undefined) await rm(folder, { recursive: true });
  return { report, ...shown, folder: fine ? undefined : folder };
}

/** Makes the history of a run. */
async function record(options: RunOptions, folder: string, journal: Journal): Promise<Shown> {
  const { seed, rate, log, nodes, publishers, users } = options;
  const random = new Random(seed);
  const retention = Math.ceil((options.retentionSeconds ?? 12) * rate * BUSY_SHARE);
  const cluster = await Cluster.start({ ...options, folder, retention });
  const stopSampling = sampleLoop(journal);
  try {
    const about = { log, nodes, publishers, users, node: process.version };
    journal.record({ type: 'run.begun', seed, rate, about });
    const population = await Population.arrive(
      { ...options, folder },
      cluster.balancer,
      journal,
      random.fork(),
    );
    try {
      const settled = await exercise(options, { cluster, population, recorder: journal }, journal, random);
      await readLogs(cluster.nodes, journal.topics, journal);
      return {
        settled,
        incidents: incidentsOf(cluster, population),
        outputs: cluster.nodes.map(({ output }) => output),
        files: population.otherClocks.map(({ file }) => file),
      };
    } finally {
      await population.leave();
    }
  } finally {
    stopSampling();
    await cluster[Symbol.asyncDispose]();
    await journal.close();
  }
}

/** Publishes and subscribes while faults come and go, then lets everything settle. */
async function exercise(
  { kinds, durationMs, faultEveryMs = 700, catchUpWithinMs = 60_000, say, signal }: RunOptions,
  system: System,
  journal: Journal,
  random: Random,
): Promise<Settled> {
  const { population } = system;
  for (const publisher of population.publishers) publisher.start();
  const end = performance.now() + durationMs;
  const progress = setInterval(() => say(progressOf(journal, end)), PROGRESS_EVERY_MS);
  try {
    await wait(WARM_UP_MS);
    for (const clock of population.otherClocks) await clock.prove(journal);
    const available = kinds.filter((kind) => {
      const reason = kind.unavailable?.(system);
      if (reason !== undefined) say(`LEFT OUT: ${kind.name}, since there is ${reason}`);
      return reason === undefined;
    });
    const mixer = new Mixer({
      kinds: available,
      system,
      random: random.fork(),
      together: TOGETHER,
      everyMs: faultEveryMs,
    });
    if (available.length > 0) await mixer.run(end - performance.now(), signal);
    else await wait(end - performance.now());
    signal?.throwIfAborted();
    say('everything is mended; waiting until everybody has caught up');
    return await settle(population, journal.topics, journal, catchUpWithinMs);
  } finally {
    clearInterval(progress);
  }
}

function judgedBy({ log, kinds, check: given }: RunOptions): CheckOptions {
  const shared = log === 'redis' && kinds.some((kind) => kind.newEpochs);
  const newEpochs = log === 'memory' || log === 'redis-sentinel' || shared;
  // The servers tolerate no difference of clocks, since there is only one.
  // A harness that is late records late: it may suspect a server wrongly, and never overlooks what was lost.
  const guards = { loopDelayMs: 1_000, ...given?.guards };
  return { epochs: newEpochs ? 'may-change' : 'constant', access: { expiryMs: 1_000 }, ...given, guards };
}

function incidentsOf(cluster: Cluster, population: Population): string[] {
  return [
    ...cluster.nodes.flatMap(({ name, crashes }) =>
      crashes.map((crash) => `${name} ended by itself: ${crash}`),
    ),
    ...population.publishers.flatMap(({ name, oddities }) =>
      oddities.map((oddity) => `${name} was answered ${oddity}`),
    ),
  ];
}

function progressOf(journal: Journal, end: number): string {
  const left = Math.max(0, Math.round((end - performance.now()) / 1_000));
  const deliveries = journal.count('delivery').toLocaleString('en');
  const acknowledged = journal.count('publish.acknowledged').toLocaleString('en');
  return `${deliveries} deliveries, ${acknowledged} acknowledged, ${journal.count('fault.begun')} faults, ${journal.count('gap')} gaps, ${left} s left`;
}
