import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '@vitalwire/protocol';
import { Checker } from '../check.ts';
import type { SubscriberKind } from '../history.ts';
import { HistoryWriter } from '../history-file.ts';
import type { Report } from '../report.ts';
import { LiveHistory } from './live-history.ts';
import { messageOf, VerifyProblem } from './problem.ts';
import { DeploymentPublisher } from './publisher.ts';
import { type Random, randomOf } from './random.ts';
import { Reading } from './reading.ts';
import { startSampling } from './sampling.ts';
import { DeploymentSubscriber } from './subscriber.ts';
import { checkLifetime, type Target, targetOf } from './target.ts';
import { Watch } from './watch.ts';

/** How to verify a deployment. */
export interface VerifyOptions {
  /** Address of the deployment, with its base path. */
  readonly url: string;
  readonly token: string;
  readonly diagnosisId: number;
  /** How long is published and reconnected. */
  readonly seconds: number;
  /** Publications a second. */
  readonly rate: number;
  /** Subscribers of each kind. */
  readonly subscribers: number;
  readonly seed: number;
  /** Where the history is written; nowhere when absent. */
  readonly history?: string | undefined;
  /** Called about once a second. */
  readonly onProgress: (progress: Progress) => void;
  /** Ends publishing early; what happened until then is judged. */
  readonly signal: AbortSignal;
}

/** How far a run is. */
export interface Progress {
  readonly phase: 'publishing' | 'settling';
  readonly seconds: number;
  readonly acknowledged: number;
  readonly deliveries: number;
  readonly reconnects: number;
  /** Violations found so far; most are found in the end. */
  readonly found: number;
}

/** Time for the last retries, for catching up and for reading the log. */
const AFTERMATH_SECONDS = 60;
const CONNECT_MS = 15_000;
/** Longer than a subscriber waits before it connects again. */
const SETTLE_QUIET_MS = 8_000;
const READ_QUIET_MS = 3_000;
const LONGEST_WAIT_MS = 30_000;
/** A publisher waits for its answer before it goes on, so several share the rate. */
const PER_PUBLISHER = 4;
/** How often the log is read in the end: behind a load balancer, probably on different nodes. */
const READS = 3;

/**
 * Publishes to a deployment and subscribes to it, cuts its own connections, and judges what it saw.
 *
 * @throws {VerifyProblem} when the deployment cannot be verified: not reachable, refused, or not alone on the diagnosis.
 */
export async function verifyDeployment(options: VerifyOptions): Promise<Report> {
  const target = targetOf(options.url, options.token, options.diagnosisId);
  checkLifetime(options.token, options.seconds + AFTERMATH_SECONDS, Date.now());
  const run = new Run(options, target);
  try {
    return await run.perform();
  } finally {
    await run.end();
  }
}

class Run {
  readonly #options: VerifyOptions;
  readonly #target: Target;
  readonly #random: Random;
  readonly #name = randomUUID().slice(0, 8);
  readonly #watch = new Watch(this.#name);
  readonly #checker: Checker;
  readonly #file: HistoryWriter | undefined;
  readonly #history: LiveHistory;
  readonly #subscribers: DeploymentSubscriber[] = [];
  /** Ends everything: with the problem when there is one. */
  readonly #abort = new AbortController();
  /** Ends publishing, because of a problem or of the caller. */
  readonly #publishing = new AbortController();
  #phase: Progress['phase'] = 'publishing';
  #startedAt = performance.now();
  #stopSampling = () => {};

  constructor(options: VerifyOptions, target: Target) {
    this.#options = options;
    this.#target = target;
    this.#random = randomOf(options.seed);
    const { rate, seconds, history } = options;
    this.#checker = new Checker({
      guards: {
        acknowledged: Math.max(10, Math.floor((rate * seconds) / 2)),
        acknowledgedDuringFaults: 1,
        // Only the times in the report suffer from a busy machine, up to a point.
        loopDelayMs: 1_000,
        rateShare: 0.5,
      },
    });
    this.#file = history === undefined ? undefined : historyFile(history);
    this.#history = new LiveHistory(this.#checker, this.#file);
    this.#history.listen((event) => this.#watch.take(event));
    for (const signal of [this.#abort.signal, options.signal]) {
      signal.addEventListener('abort', () => this.#publishing.abort());
    }
  }

  async perform(): Promise<Report> {
    const { rate, seed } = this.#options;
    this.#history.record({ type: 'run.begun', seed, rate, about: { diagnosis: this.#target.diagnosisId } });
    const start = await this.#subscribeAll();
    this.#startedAt = performance.now();
    this.#stopSampling = startSampling(this.#history, () => this.#tellProgress());
    await Promise.all([this.#disturbAll(), this.#publishAll()]);
    this.#phase = 'settling';
    await this.#settle();
    this.#checkProblem();
    this.#history.record({ type: 'settled' });
    await Promise.all(Array.from({ length: READS }, (_, index) => this.#read(index + 1, start)));
    const [foreign] = this.#watch.foreign;
    if (foreign !== undefined) throw this.#notAlone(foreign);
    return this.#checker.report();
  }

  async end(): Promise<void> {
    this.#abort.abort();
    this.#stopSampling();
    for (const subscriber of this.#subscribers) subscriber.stop();
    await this.#file?.close();
  }

  /** Connects everybody where the first one begins: at the newest publication. */
  async #subscribeAll(): Promise<Position> {
    const first = this.#subscriber('plain', 'plain-1', undefined);
    await this.#until(() => first.position !== undefined);
    const start = first.position as Position;
    for (let number = 1; number <= this.#options.subscribers; number++) {
      if (number > 1) this.#subscriber('plain', `plain-${number}`, start);
      this.#subscriber('client', `client-${number}`, start);
    }
    await this.#until(() => this.#watch.connects >= this.#subscribers.length);
    return start;
  }

  #subscriber(kind: SubscriberKind, name: string, after: Position | undefined): DeploymentSubscriber {
    const subscriber = new DeploymentSubscriber({
      name,
      kind,
      target: this.#target,
      recorder: this.#history,
      // Of its own, so that what one does at random does not depend on when others ask.
      random: randomOf(Math.floor(this.#random() * 2 ** 31)),
      onProblem: (problem) => this.#abort.abort(problem),
      ...(after && { after }),
    });
    this.#subscribers.push(subscriber);
    subscriber.connect();
    return subscriber;
  }

  /** Each subscriber is disturbed every few seconds until publishing ends, and in a short run at least twice. */
  async #disturbAll(): Promise<void> {
    const longestMs = Math.min(8_000, (this.#options.seconds * 1_000) / 3);
    await Promise.all(
      this.#subscribers.map(async (subscriber) => {
        const random = randomOf(Math.floor(this.#random() * 2 ** 31));
        while (await this.#during(longestMs * (0.15 + 0.85 * random()))) subscriber.disturb();
        subscriber.calm();
      }),
    );
  }

  async #publishAll(): Promise<void> {
    const { rate } = this.#options;
    const count = Math.ceil(rate / PER_PUBLISHER);
    await Promise.all(
      Array.from({ length: count }, (_, index) => this.#publish(index, (count * 1_000) / rate)),
    );
  }

  async #publish(index: number, intervalMs: number): Promise<void> {
    const random = randomOf(Math.floor(this.#random() * 2 ** 31));
    const name = `${this.#name}-${index + 1}`;
    const publisher = new DeploymentPublisher(name, this.#target, this.#history, random);
    let due = performance.now() + intervalMs * random();
    try {
      while (await this.#during(due - performance.now())) {
        await publisher.publish();
        // Who is late does not make up for it: the load stays bounded.
        due = Math.max(due + intervalMs, performance.now());
      }
    } catch (error) {
      this.#abort.abort(error);
    }
  }

  /** Reads the log over a connection of its own. One that stays incomplete is judged as a subscriber that missed something. */
  async #read(number: number, start: Position): Promise<void> {
    const reading = new Reading(`reader-${number}`, this.#target);
    this.#history.listen((event) => reading.take(event));
    const reader = this.#subscriber('plain', reading.reader, start);
    await this.#untilQuiet(() => reading.complete, READ_QUIET_MS);
    reader.stop();
    if (reading.complete) this.#history.record(reading.logRead);
  }

  /** Waits until every subscriber has everything, or long enough. */
  async #settle(): Promise<void> {
    const isCaughtUp = () => this.#subscribers.every(({ position }) => this.#watch.isCaughtUp(position));
    await this.#untilQuiet(isCaughtUp, SETTLE_QUIET_MS);
    // What should not come has a moment to come.
    await sleep(500);
  }

  /** Waits until a condition holds, or nothing arrives any more that could make it. */
  async #untilQuiet(condition: () => boolean, quietMs: number): Promise<void> {
    const begunAt = performance.now();
    const isQuiet = (now: number) => now - Math.max(begunAt, this.#watch.heardAt) > quietMs;
    while (!condition() && !isQuiet(performance.now()) && performance.now() - begunAt < LONGEST_WAIT_MS) {
      this.#checkProblem();
      await sleep(20);
    }
  }

  /** Waits a while; false when publishing ends before. */
  async #during(ms: number): Promise<boolean> {
    const left = this.#startedAt + this.#options.seconds * 1_000 - performance.now();
    const { signal } = this.#publishing;
    await sleep(Math.max(0, Math.min(ms, left)), undefined, { signal }).catch(() => {});
    return ms < left && !signal.aborted;
  }

  async #until(condition: () => boolean): Promise<void> {
    const deadline = performance.now() + CONNECT_MS;
    while (!condition()) {
      this.#checkProblem();
      if (performance.now() > deadline) throw this.#noConnect();
      await sleep(20);
    }
  }

  #checkProblem(): void {
    if (this.#abort.signal.aborted) throw this.#abort.signal.reason;
  }

  #tellProgress(): void {
    const { acknowledged, deliveries, connects } = this.#watch;
    this.#options.onProgress({
      phase: this.#phase,
      seconds: Math.round((performance.now() - this.#startedAt) / 1_000),
      acknowledged,
      deliveries,
      reconnects: connects - this.#subscribers.length,
      found: this.#checker.found,
    });
  }

  #noConnect(): VerifyProblem {
    const { ws, diagnosisId } = this.#target;
    return new VerifyProblem(
      `no "connect" came from ${ws}/ws/${diagnosisId} within ${CONNECT_MS / 1_000} s: is that a Vitalwire deployment, and does a proxy hold frames back?`,
    );
  }

  #notAlone(offset: number): VerifyProblem {
    const { diagnosisId } = this.#target;
    return new VerifyProblem(
      `somebody else published to diagnosis ${diagnosisId} (offset ${offset}): choose one of its own with --diagnosis`,
    );
  }
}

/** @throws {VerifyProblem} now, and not after the run, when the file cannot be written. */
function historyFile(file: string): HistoryWriter {
  try {
    closeSync(openSync(file, 'w'));
  } catch (error) {
    throw new VerifyProblem(`--history ${file}: ${messageOf(error)}`);
  }
  return new HistoryWriter(file, 'verify');
}
