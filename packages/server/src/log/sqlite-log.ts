import type { DatabaseSync } from 'node:sqlite';
import type { Position } from '@vitalwire/protocol';
import { BoundedMap } from '../bounded-map.ts';
import { randomId } from '../random-id.ts';
import { checksumOf } from './checksum.ts';
import type { LocalLog } from './local-log.ts';
import type { Appended, Entry, LogState, Page, PageLimit, Publication, Receipt, Topic } from './log-store.ts';
import { takePage } from './page.ts';
import { earliestOf, type Horizon, isForgotten, timeOfAppend } from './retention.ts';
import { isDiskFailure, type LogFile } from './sqlite-file.ts';
import {
  checksumOfRun,
  endOf,
  GrowingRun,
  publicationsOf,
  type Run,
  type RunRow,
  runOf,
} from './sqlite-run.ts';
import type { KeyRow, ReceiptRow, Statements, TopicRow } from './sqlite-statements.ts';

/** Most publications removed at once from a topic, and most keys. */
const MAX_REMOVED = 1_000;
/** Publications that gather in a topic before an append removes them: fewer pages are written than by one at a time. */
const WORTH_REMOVING = 64;
/** Publications read at once. */
const CHUNK = 50;
/** Topics that one step of housekeeping looks at. */
const SWEEP_TOPICS = 50;
/** Rows of topics that are remembered at most. */
const MAX_HEADS = 4_096;

/** A row of topics. */
interface Head {
  readonly topic: Topic;
  readonly epoch: string;
  top: number;
  first: number;
  lastTime: number;
  received: number;
  /** Whether the row is to be written at the end of the transaction. */
  changed: boolean;
  /** What the transaction appended last, and did not write yet. */
  run?: GrowingRun | undefined;
  /** No publication from this offset on is older than `notBefore`. */
  from: number;
  notBefore: number;
}

/** A log in a file that `openLogFile` opened. */
export class SqliteLog implements LocalLog {
  readonly instant = false;
  readonly #database: DatabaseSync;
  readonly #sql: Statements;
  /**
   * What the rows of topics say that were asked for last. Nobody else can write them, because the file is locked for this
   * process; and none stays that was touched by a transaction that failed.
   */
  readonly #heads = new BoundedMap<Topic, Head>(MAX_HEADS);
  /** Those that the current transaction has touched: asked first, since their rows are not written yet. */
  readonly #touched = new Map<Topic, Head>();
  #broken: Error | undefined;
  #swept = Number.NEGATIVE_INFINITY;

  constructor({ database, sql }: LogFile) {
    this.#database = database;
    this.#sql = sql;
  }

  get broken(): Error | undefined {
    return this.#broken;
  }

  transaction(work: () => void): void {
    if (this.#broken) throw this.#broken;
    try {
      this.#sql.begin.run();
      work();
      for (const head of this.#touched.values()) {
        this.#putRun(head);
        if (head.changed) this.#put(head);
      }
      this.#sql.commit.run();
    } catch (error) {
      for (const topic of this.#touched.keys()) this.#heads.delete(topic);
      this.#undo(error);
      throw error;
    } finally {
      this.#touched.clear();
    }
  }

  begin(topic: Topic, horizon: Horizon): void {
    this.#obtain(topic, horizon);
  }

  append(topic: Topic, { text, to, idempotency }: Entry, horizon: Horizon): Appended {
    const head = this.#obtain(topic, horizon);
    const { epoch } = head;
    const key = idempotency && JSON.stringify(idempotency.key);
    if (key !== undefined) {
      const known = this.#known(topic, key);
      if (known && known.time > horizon.expired) {
        return { position: { epoch, offset: known.offset }, duplicateOf: JSON.parse(known.memo) };
      }
    }
    // Before the first row is added: so rows take the place of those that go, and fewer pages are written.
    if (!head.changed) this.#trim(head, horizon, WORTH_REMOVING);
    const time = timeOfAppend(horizon, head.lastTime);
    const offset = head.top + 1;
    const recipient = to === undefined ? null : JSON.stringify(to);
    if (!head.run?.add(recipient, text)) {
      this.#putRun(head);
      head.run = new GrowingRun(offset, time, recipient, text);
    }
    if (idempotency && key !== undefined) {
      const memo = JSON.stringify(idempotency.memo);
      this.#sql.putKey.run(topic, key, time, offset, memo, checksumOf(topic, key, time, offset, memo));
    }
    head.top = offset;
    head.lastTime = time;
    head.changed = true;
    return { position: { epoch, offset } };
  }

  receive({ topic, userId, position }: Receipt, horizon: Horizon): void {
    const head = this.#find(topic, horizon);
    if (head === undefined) return;
    if (head.epoch !== position.epoch || position.offset > head.top) return;
    const user = JSON.stringify(userId);
    const { epoch, offset } = position;
    this.#sql.putReceipt.run(topic, user, epoch, offset, checksumOf(topic, user, epoch, offset));
    if (position.offset <= head.received) return;
    this.#touched.set(topic, head);
    head.received = position.offset;
    head.changed = true;
  }

  sweep(horizon: Horizon): boolean {
    const keys = this.#sql.dropExpiredKeys.run(horizon.expired, MAX_REMOVED);
    const rows = this.#sql.topicsFrom.all(this.#swept, SWEEP_TOPICS) as unknown as TopicRow[];
    for (const head of rows.filter(isSound).map(headOf)) {
      if (isForgotten(head, horizon)) this.#forget(head.topic);
      else if (this.#trim(head, horizon, 1)) {
        this.#heads.delete(head.topic);
        this.#put(head);
      }
    }
    const more = rows.length === SWEEP_TOPICS;
    this.#swept = more ? (rows.at(-1)?.id ?? 0) : Number.NEGATIVE_INFINITY;
    return more || Number(keys.changes) === MAX_REMOVED;
  }

  /**
   * Begins a new epoch in every log at once; receipts stay of the old one, so that nothing counts as received that was
   * lost with it. Returns how many logs there are; a damaged one stays refused as it is.
   */
  renewEpochs(): number {
    const rows = this.#sql.topicsFrom.all(Number.NEGATIVE_INFINITY, -1) as unknown as TopicRow[];
    const heads = rows.filter(isSound).map(headOf);
    this.#heads.clear();
    this.transaction(() => {
      for (const head of heads) this.#put({ ...head, epoch: randomId() });
    });
    return heads.length;
  }

  state(topic: Topic, horizon: Horizon): LogState | undefined {
    const head = this.#find(topic, horizon);
    if (head === undefined) return undefined;
    // Within a transaction: whoever asks may read on.
    this.#putRun(head);
    return { epoch: head.epoch, top: head.top, earliest: this.#earliest(head, horizon) };
  }

  read(topic: Topic, after: number, limit: PageLimit, horizon: Horizon): Page | undefined {
    const state = this.state(topic, horizon);
    return state && { ...state, publications: takePage(this.#publications(topic, after, state), limit) };
  }

  count(topic: Topic, after: number, upTo: number, userId: string, horizon: Horizon): number {
    const state = this.state(topic, horizon);
    if (state === undefined) return 0;
    const from = Math.max(after + 1, state.earliest);
    const to = Math.min(upTo, state.top);
    if (to < from) return 0;
    const user = JSON.stringify(userId);
    const { first, count } = this.#sql.countFor.get(to, topic, from, to, user) ?? {};
    if (first === from) return Number(count);
    // The run that `from` is in begins before it, or is for somebody else.
    const run = this.#runAt(topic, from);
    const visible = run.recipient === null || run.recipient === user;
    return Number(count) + (visible ? Math.min(endOf(run), to) - from + 1 : 0);
  }

  received(topic: Topic, userId: string, horizon: Horizon): Position | undefined {
    if (this.#find(topic, horizon) === undefined) return undefined;
    const user = JSON.stringify(userId);
    const row = this.#sql.receipt.get(topic, user) as ReceiptRow | undefined;
    if (row === undefined) return undefined;
    const { epoch, offset, checksum } = row;
    // A damaged one counts as none: the user gets again what is retained, and nothing is left out.
    return checksum === checksumOf(topic, user, epoch, offset) ? { epoch, offset } : undefined;
  }

  unreceived(horizon: Horizon): Map<Topic, number> {
    const counts = new Map<Topic, number>();
    const rows = this.#sql.topicsUnreceived.iterate(horizon.expired) as unknown as Iterable<TopicRow>;
    for (const row of rows) {
      if (!isSound(row)) continue;
      const head = headOf(row);
      const count = head.top - Math.max(head.received, this.#earliest(head, horizon) - 1);
      if (count > 0) counts.set(head.topic, count);
    }
    return counts;
  }

  close(): void {
    this.#database.close();
  }

  /** What is in the rows from where a reader stands, checked: the file may have been damaged since they were written. */
  *#publications(topic: Topic, after: number, { earliest, top }: LogState): Generator<Publication> {
    let next = Math.max(after + 1, earliest);
    while (next <= top) {
      const rows = this.#sql.runsFrom.all(topic, next, next + CHUNK) as unknown as RunRow[];
      // Most readers stand where a run begins, since they were told of whole ones.
      if (rows[0]?.[0] !== next) {
        const run = this.#runAt(topic, next);
        yield* publicationsOf(run, next);
        next = endOf(run) + 1;
      }
      for (const row of rows) {
        const run = this.#runWith(topic, next, row);
        yield* publicationsOf(run, next);
        next = endOf(run) + 1;
      }
    }
  }

  /** The run that an offset is in. */
  #runAt(topic: Topic, offset: number): Run {
    return this.#runWith(topic, offset, this.#sql.runAt.get(topic, offset) as unknown as RunRow | undefined);
  }

  /** @throws when the row is none, or damaged, or of other publications. */
  #runWith(topic: Topic, offset: number, row: RunRow | undefined): Run {
    const run = row && runOf(topic, row);
    if (run === undefined || run.offset > offset || endOf(run) < offset) throw damaged(topic, offset);
    return run;
  }

  #earliest(head: Head, horizon: Horizon): number {
    return earliestOf(head, horizon, (offset) => {
      // Times never decrease, and most often nothing has expired that is there.
      if (offset >= head.from && head.notBefore > horizon.expired) return head.notBefore;
      // Checked: a time that changed on the disk would let publications expire that have not.
      const { time } = this.#runAt(head.topic, offset);
      if (time > horizon.expired) Object.assign(head, { from: offset, notBefore: time });
      return time;
    });
  }

  /** What is known of an idempotency key. A damaged row could let a publication be appended twice, or not at all. */
  #known(topic: Topic, key: string): KeyRow | undefined {
    const row = this.#sql.key.get(topic, key) as KeyRow | undefined;
    if (row && row.checksum !== checksumOf(topic, key, row.time, row.offset, row.memo)) {
      throw new Error(`the log file is damaged at an idempotency key of topic ${topic}`);
    }
    return row;
  }

  #find(topic: Topic, horizon: Horizon): Head | undefined {
    const touched = this.#touched.get(topic);
    if (touched) return touched;
    const head = this.#heads.get(topic) ?? this.#look(topic);
    return head && isForgotten(head, horizon) ? undefined : head;
  }

  #look(topic: Topic): Head | undefined {
    const row = this.#sql.topic.get(topic) as TopicRow | undefined;
    if (row === undefined) return undefined;
    if (!isSound(row)) throw new Error(`the log file is damaged at topic ${topic}`);
    return this.#remember(headOf(row));
  }

  #remember(head: Head): Head {
    this.#heads.set(head.topic, head);
    return head;
  }

  #obtain(topic: Topic, horizon: Horizon): Head {
    let head = this.#find(topic, horizon);
    if (head === undefined) {
      this.#forget(topic);
      head = this.#remember(newHead(topic, horizon.now));
    }
    this.#touched.set(topic, head);
    return head;
  }

  #forget(topic: Topic): void {
    this.#heads.delete(topic);
    for (const statement of this.#sql.forget) statement.run(topic);
  }

  #putRun(head: Head): void {
    if (head.run === undefined) return;
    const { topic } = head;
    const run = head.run.finish();
    const { offset, time, recipient, last, text } = run;
    this.#sql.putRun.run(topic, offset, time, checksumOfRun(topic, run), recipient, last, text);
    head.run = undefined;
  }

  #put(head: Head): void {
    const { topic, epoch, top, first, lastTime, received } = head;
    const checksum = checksumOf(topic, epoch, top, first, lastTime, received);
    this.#sql.putTopic.run(topic, epoch, top, first, lastTime, received, checksum);
    head.changed = false;
  }

  /** Removes rows that are not retained, if there are enough of them. The row of the topic has to follow. */
  #trim(head: Head, horizon: Horizon, least: number): boolean {
    const first = Math.min(this.#earliest(head, horizon), head.first + MAX_REMOVED);
    if (first - head.first < least) return false;
    this.#sql.dropBefore.run(head.topic, first, first);
    head.first = first;
    return true;
  }

  #undo(reason: unknown): void {
    // After a failed write or sync nobody knows what the disk holds. Only opening the file again can tell.
    if (isDiskFailure(reason)) this.#broken = reason as Error;
    try {
      if (this.#database.isTransaction) this.#sql.rollback.run();
    } catch (error) {
      this.#broken ??= error as Error;
    }
  }
}

function headOf({ id, epoch, top, first, last_time, received }: TopicRow): Head {
  const lastTime = last_time;
  // When its publications came is not known yet, only when those that follow will not have come.
  return {
    topic: id,
    epoch,
    top,
    first,
    lastTime,
    received,
    changed: false,
    from: top + 1,
    notBefore: lastTime,
  };
}

function newHead(topic: Topic, now: number): Head {
  const epoch = randomId();
  return {
    topic,
    epoch,
    top: 0,
    first: 1,
    lastTime: now,
    received: 0,
    changed: true,
    from: 1,
    notBefore: now,
  };
}

function isSound({ id, epoch, top, first, last_time, received, checksum }: TopicRow): boolean {
  return checksum === checksumOf(id, epoch, top, first, last_time, received);
}

function damaged(topic: Topic, offset: number): Error {
  return new Error(`the log file is damaged at offset ${offset} of topic ${topic}`);
}
