import type { Position } from '@vitalwire/protocol';
import { LogUnavailableError, OptionError, OutcomeUnknownError } from '../errors.ts';
import { type Logger, silentLogger } from '../logger.ts';
import { Announcer } from './announcer.ts';
import type { Commit } from './commit.ts';
import { GroupCommit } from './group-commit.ts';
import type { LocalLog } from './local-log.ts';
import type {
  Announcement,
  Append,
  Appended,
  Entry,
  LogState,
  LogStore,
  Page,
  PageLimit,
  Receipt,
  Retention,
  Topic,
} from './log-store.ts';
import { PromptCommit } from './prompt-commit.ts';
import { type Horizon, horizonAt, resolveRetention } from './retention.ts';

/** Options of every log store that one process keeps for itself. */
export interface LocalLogOptions {
  /** How much is kept. @default 1,000 publications and 7 days a topic */
  retention?: Partial<Retention>;
  /** Milliseconds since 1970; for tests. @default `Date.now` */
  now?: () => number;
  /** Where a failing listener and failing housekeeping are reported. @default silence */
  logger?: Logger;
  /** How often expired publications are removed, in milliseconds. They are never served, removed or not. @default 300_000 */
  sweepIntervalMs?: number;
}

export const LOCAL_LOG_OPTIONS: readonly string[] = [
  'retention',
  'now',
  'logger',
  'sweepIntervalMs',
] satisfies (keyof LocalLogOptions)[];

/** Options with the defaults filled in. */
export type LocalLogSettings = Required<LocalLogOptions> & { retention: Retention };

const MAX_TIMER_MS = 2 ** 31 - 1;

/** @throws {OptionError} naming the option. */
export function resolveLocalOptions(options: LocalLogOptions): LocalLogSettings {
  const { now = Date.now, logger = silentLogger, sweepIntervalMs = 300_000 } = options;
  if (typeof now !== 'function') throw new OptionError('now', 'must be a function');
  if (typeof logger?.error !== 'function')
    throw new OptionError('logger', 'must have the methods of a logger');
  if (typeof sweepIntervalMs !== 'number' || !(sweepIntervalMs >= 1 && sweepIntervalMs <= MAX_TIMER_MS)) {
    throw new OptionError('sweepIntervalMs', `must be a number from 1 to ${MAX_TIMER_MS}`);
  }
  return { retention: resolveRetention(options.retention), now, logger, sweepIntervalMs };
}

/**
 * A `LogStore` over a log of this process. Writes of one turn share a transaction. Reads see what is committed, because
 * no transaction stays open between two turns.
 */
export class LocalLogStore implements LogStore {
  readonly #log: LocalLog;
  readonly #settings: LocalLogSettings;
  readonly #announcer: Announcer;
  readonly #appends: Commit<Horizon>;
  readonly #receipts: Commit<Horizon>;
  readonly #sweeps: NodeJS.Timeout;
  #last: Horizon | undefined;
  #sweeping: NodeJS.Immediate | undefined;
  #closing: Promise<void> | undefined;

  constructor(log: LocalLog, settings: LocalLogSettings) {
    this.#log = log;
    this.#settings = settings;
    const announcer = new Announcer(settings.logger);
    this.#announcer = announcer;
    const transaction = (work: (horizon: Horizon) => void) => {
      const horizon = this.#horizon();
      transact(log, () => work(horizon));
    };
    this.#appends = log.instant
      ? new PromptCommit(
          () => this.#horizon(),
          () => announcer.announce(),
        )
      : new GroupCommit({
          transaction,
          committed: () => announcer.announce(),
          failed: () => announcer.discard(),
        });
    this.#receipts = new GroupCommit({ transaction });
    this.#sweeps = setInterval(() => this.#sweep(), settings.sweepIntervalMs).unref();
  }

  append(topic: Topic, entry: Entry): Promise<Appended> {
    return this.#write(this.#appends, (horizon) => this.#append(topic, entry, horizon), failureOfAppend);
  }

  /** In one transaction, so that all succeed or none does. */
  async appendAll(appends: readonly Append[]): Promise<PromiseSettledResult<Appended>[]> {
    const work = (horizon: Horizon) => appends.map((append) => this.#append(append.topic, append, horizon));
    try {
      const appended = await this.#write(this.#appends, work, failureOfAppend, appends.length);
      return appended.map((value) => ({ status: 'fulfilled', value }));
    } catch (reason) {
      return appends.map(() => ({ status: 'rejected', reason }));
    }
  }

  read(topic: Topic, after: number, limit: PageLimit): Promise<Page> {
    return this.#look(topic, (horizon) => this.#log.read(topic, after, limit, horizon));
  }

  state(topic: Topic): Promise<LogState> {
    return this.#look(topic, (horizon) => this.#log.state(topic, horizon));
  }

  async count(topic: Topic, after: number, upTo: number, userId: string): Promise<number> {
    return this.#ask((horizon) => this.#log.count(topic, after, upTo, userId, horizon));
  }

  async received(topic: Topic, userId: string): Promise<Position | undefined> {
    return this.#ask((horizon) => this.#log.received(topic, userId, horizon));
  }

  receive(receipts: readonly Receipt[]): Promise<void> {
    return this.#write(this.#receipts, (horizon) => {
      for (const receipt of receipts) this.#log.receive(receipt, horizon);
    });
  }

  async unreceived(): Promise<Map<Topic, number>> {
    return this.#ask((horizon) => this.#log.unreceived(horizon));
  }

  onAnnouncement(listener: (announcement: Announcement) => void): void {
    if (this.#closing === undefined) this.#announcer.listen(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    clearInterval(this.#sweeps);
    clearImmediate(this.#sweeping);
    // A listener may have called this in the middle of a commit, which has to end first.
    await Promise.resolve();
    this.#appends.drain();
    this.#receipts.drain();
    this.#announcer.close();
    this.#log.close();
  }

  #append(topic: Topic, entry: Entry, horizon: Horizon): Appended {
    const appended = this.#log.append(topic, entry, horizon);
    if (appended.duplicateOf === undefined) {
      const { epoch, offset } = appended.position;
      const { text, to } = entry;
      this.#announcer.collect(topic, epoch, to === undefined ? { offset, text } : { offset, text, to });
    }
    return appended;
  }

  /** Answers from the log, and begins it first when there is none. */
  async #look<T>(topic: Topic, ask: (horizon: Horizon) => T | undefined): Promise<T> {
    const found = this.#ask(ask);
    if (found !== undefined) return found;
    return this.#write(this.#appends, (horizon) => {
      this.#log.begin(topic, horizon);
      const begun = ask(horizon);
      if (begun === undefined) throw new Error('a log that has just begun is not there');
      return begun;
    });
  }

  #ask<T>(question: (horizon: Horizon) => T): T {
    const unusable = this.#unusable();
    if (unusable) throw unusable;
    try {
      return question(this.#horizon());
    } catch (error) {
      throw unavailable(error);
    }
  }

  #write<T>(
    group: Commit<Horizon>,
    work: (horizon: Horizon) => T,
    failure: (error: unknown) => Error = unavailable,
    size = 1,
  ): Promise<T> {
    const unusable = this.#unusable();
    return unusable ? Promise.reject(unusable) : group.add(work, failure, size);
  }

  #horizon(): Horizon {
    const now = this.#settings.now();
    // Most of what is asked in a turn is asked in the same millisecond.
    if (now !== this.#last?.now) this.#last = horizonAt(this.#settings.retention, now);
    return this.#last;
  }

  /** Why nothing can be asked or written; `undefined` while all is well. */
  #unusable(): LogUnavailableError | undefined {
    if (this.#closing !== undefined) return new LogUnavailableError('the log is closed');
    const { broken } = this.#log;
    return broken && new LogUnavailableError('the log failed, and must be opened again', broken);
  }

  #sweep(): void {
    clearImmediate(this.#sweeping);
    if (this.#log.broken !== undefined) return;
    let more = false;
    try {
      this.#log.transaction(() => {
        more = this.#log.sweep(this.#horizon());
      });
    } catch (error) {
      this.#settings.logger.warn({ err: error }, 'expired publications could not be removed');
      return;
    }
    if (more) this.#sweeping = setImmediate(() => this.#sweep()).unref();
  }
}

/** @throws {OutcomeUnknownError} when the log breaks: only opening it again can tell whether the work took effect. */
function transact(log: LocalLog, work: () => void): void {
  const wasBroken = log.broken !== undefined;
  try {
    log.transaction(work);
  } catch (error) {
    throw wasBroken || log.broken === undefined ? error : new OutcomeUnknownError(error);
  }
}

function failureOfAppend(error: unknown): Error {
  return error instanceof OutcomeUnknownError ? error : unavailable(error);
}

function unavailable(error: unknown): LogUnavailableError {
  if (error instanceof LogUnavailableError) return error;
  return new LogUnavailableError('the log cannot do this now', error);
}
