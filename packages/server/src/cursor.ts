import { formatPosition, type Position, type Recovery, type SymbolicStart } from '@vitalwire/protocol';
import type { Batch, Part, Selection } from './delivery.ts';
import { LogUnavailableError } from './errors.ts';
import type { Audience } from './hub.ts';
import type { Topic } from './log/log-store.ts';
import type { Nodes } from './log/nodes.ts';
import type { FramedPage, SharedReads } from './shared-reads.ts';
import { breakOf, decideStart, type Start } from './start.ts';
import { isThenable } from './thenable.ts';

/** What a cursor needs of its session. */
export interface Outlet {
  /** False while too much waits for the peer; then nothing more is handed over until the socket has drained. */
  readonly writable: boolean;
  /** Sends the topic's `connect`: the subscription begins, or begins again after a gap. */
  opened(cursor: Cursor, recovery: Recovery, top: Position): void;
  /**
   * Sends publications; there is at least one. The cursor stands behind them already.
   *
   * @param now what the clock said a moment ago, where that is known.
   */
  deliver(cursor: Cursor, publications: Selection, now?: number): void;
  /** The log cannot be read now: the cursor stands still. Not called again before a read has succeeded. */
  halted(cursor: Cursor, error: LogUnavailableError): void;
  /** The subscription could not begin, or the log failed for good. */
  failed(cursor: Cursor, error: unknown): void;
}

/**
 * One session's place in one topic.
 *
 *     starting ──► catching up ──► live
 *                      ▲             │  a hole, an interruption, a new epoch, or a peer that does not keep up
 *                      └─────────────┘
 *
 * 1. What is handed over has offsets above the cursor, in order; the cursor moves with it. So nothing comes twice.
 * 2. Every offset between two deliveries was addressed to somebody else. So nothing is left out.
 * 3. It turns live in the same turn in which it stands at the top of a page, and nothing beyond was announced since that
 *    page was asked for, and it was not interrupted since. So there is no moment in which a publication is neither read
 *    nor pushed, and no buffer between the two, however long a page or an announcement is on its way.
 * 4. What it cannot continue completely it announces as a gap, and goes on with what is retained.
 */
export class Cursor {
  readonly topic: Topic;
  readonly userId: string;
  readonly #reads: SharedReads;
  readonly #outlet: Outlet;
  #phase: 'starting' | 'catching_up' | 'live' | 'closed' = 'starting';
  #audience: Audience | undefined;
  #reading = false;
  #halted = false;
  /** Since the last page was asked for. */
  #interrupted = false;
  #epoch = '';
  #offset = 0;
  /** Something was handed over since a proof of receipt was asked for. */
  #unproven = false;
  /** Up to where the last proof was asked for; offset 0 when it was asked for nothing. */
  #askedEpoch = '';
  #askedOffset = 0;

  constructor(topic: Topic, userId: string, reads: SharedReads, outlet: Outlet) {
    this.topic = topic;
    this.userId = userId;
    this.#reads = reads;
    this.#outlet = outlet;
  }

  /** Everything up to here was handed over. */
  get position(): Position {
    return { epoch: this.#epoch, offset: this.#offset };
  }

  get live(): boolean {
    return this.#phase === 'live';
  }

  /** Whether something was handed over of which nobody asked for a proof of receipt yet. */
  get unproven(): boolean {
    return this.#unproven;
  }

  /** A proof of receipt is asked for, of all that was handed over up to now. */
  ask(): void {
    this.#askedEpoch = this.#epoch;
    this.#askedOffset = this.#unproven ? this.#offset : 0;
    this.#unproven = false;
  }

  /** Of what a proof was asked for last, if that was anything. */
  get asked(): Position | undefined {
    return this.#askedOffset > 0 ? { epoch: this.#askedEpoch, offset: this.#askedOffset } : undefined;
  }

  /**
   * Begins the subscription, once the cursor has joined its audience.
   *
   * @param nodes where the topic has to be attended, if anywhere.
   */
  async open(
    audience: Audience,
    after: Position | SymbolicStart | undefined,
    nodes?: Pick<Nodes, 'attend'>,
  ): Promise<void> {
    this.#audience = audience;
    this.#reading = true;
    try {
      // First, so that what is appended after the log was read is heard.
      if (nodes) await nodes.attend(this.topic, audience.users);
      await this.#readPage(after);
    } catch (error) {
      if (this.#phase !== 'closed') this.#outlet.failed(this, error);
      return;
    } finally {
      this.#reading = false;
    }
    // Mostly there is nothing more to read.
    if (this.#phase === 'catching_up') await this.#catchUp();
  }

  /**
   * Takes what was just published.
   *
   * @param now by the clock that never jumps.
   */
  announce(batch: Batch, now: number): void {
    // While catching up, the loop compares itself with the newest announcement.
    if (this.#phase !== 'live') return;
    if (batch.epoch === this.#epoch && batch.first <= this.#offset + 1) {
      // The same text; then all cursors hold one, and the next comparison finds it at once.
      this.#epoch = batch.epoch;
      this.#handOver(batch.parts, now);
      // A hand-over may have ended the session.
      if (this.#offset >= batch.last || this.#phase !== 'live') return;
    }
    this.#phase = 'catching_up';
    void this.#catchUp();
  }

  /** The peer took everything that waited for it. */
  drained(): void {
    if (this.#phase === 'catching_up') void this.#catchUp();
  }

  /** Announcements may have been missed: only the log can tell. */
  interrupted(): void {
    this.#interrupted = true;
    if (this.#phase === 'live') this.#phase = 'catching_up';
    if (this.#phase === 'catching_up') void this.#catchUp();
  }

  /** Time has passed: a log that could not be read may answer again. */
  retry(): void {
    if (this.#halted) void this.#catchUp();
  }

  close(): void {
    this.#phase = 'closed';
  }

  /** Returns the page with which it begins; most can begin at once. */
  #begin(after: Position | SymbolicStart | undefined, page: FramedPage): FramedPage | Promise<FramedPage> {
    const start = decideStart(after, page);
    // A log of another epoch begins before the place after which it was read.
    if (!continues(page, start.from)) {
      return this.#reads.page(this.topic, start.from).then((other) => this.#begin(after, other));
    }
    const count = this.#count(page, start.from);
    if (isThenable(count)) return count.then((later) => this.#beginAt(start, page, later));
    return this.#beginAt(start, page, count);
  }

  #beginAt(start: Start, page: FramedPage, count: number): FramedPage {
    if (this.#phase === 'closed') return page;
    this.#phase = 'catching_up';
    this.#epoch = page.epoch;
    this.#offset = start.from;
    const top = { epoch: page.epoch, offset: page.top };
    this.#outlet.opened(this, describe(start, top, page.earliest, count), top);
    return page;
  }

  /**
   * How many publications follow up to the top. Those of the page are counted there, because the retention may take them
   * from the log before it is asked, and they are handed over all the same.
   */
  #count({ parts, top }: FramedPage, from: number): number | Promise<number> {
    const last = parts.at(-1)?.last ?? top;
    const held = parts.reduce((sum, part) => sum + part.select(from, this.userId).count, 0);
    if (last >= top) return held;
    return this.#reads.count(this.topic, last, top, this.userId).then((count) => held + count);
  }

  /** Reads the log until the cursor stands at its top, or the peer does not keep up. One at a time. */
  async #catchUp(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#phase === 'catching_up' && this.#outlet.writable) {
        await this.#readPage(this.position);
        this.#halted = false;
      }
    } catch (error) {
      this.#stop(error);
    } finally {
      this.#reading = false;
    }
  }

  /** Nothing was moved by what failed, so that reading can go on from here. */
  #stop(error: unknown): void {
    if (this.#phase === 'closed') return;
    if (!(error instanceof LogUnavailableError)) return this.#outlet.failed(this, error);
    if (this.#halted) return;
    this.#halted = true;
    this.#outlet.halted(this, error);
  }

  async #readPage(after: Position | SymbolicStart | undefined): Promise<void> {
    this.#interrupted = false;
    const announcements = this.#audience?.announcements;
    let page = await this.#reads.page(this.topic, offsetOf(after));
    if (this.#phase === 'closed') return;
    if (this.#phase === 'starting' || breakOf(this.position, page)) {
      const begun = this.#begin(after, page);
      page = isThenable(begun) ? await begun : begun;
    }
    if (this.#phase !== 'catching_up') return;
    this.#handOver(page.parts);
    if (this.#audience?.announcements !== announcements && !this.#reachedAnnounced()) return;
    if (this.#offset === page.top && !this.#interrupted && this.#phase === 'catching_up')
      this.#phase = 'live';
  }

  #reachedAnnounced(): boolean {
    const announced = this.#audience?.announced;
    return announced?.epoch === this.#epoch && announced.offset <= this.#offset;
  }

  /** Part by part, for as long as the peer keeps up. */
  #handOver(parts: readonly Part[], now?: number): void {
    for (const part of parts) {
      if (this.#phase === 'closed' || !this.#outlet.writable) return;
      const selection = part.select(this.#offset, this.userId);
      if (part.last > this.#offset) this.#offset = part.last;
      if (selection.count === 0) continue;
      this.#unproven = true;
      this.#outlet.deliver(this, selection, now);
    }
  }
}

/** The offset after which a start has to be read. */
function offsetOf(after: Position | SymbolicStart | undefined): number {
  if (after === undefined || after === 'earliest') return 0;
  return after === 'latest' ? Number.MAX_SAFE_INTEGER : after.offset;
}

/** Whether nothing is left out between an offset and what a page holds beyond it. */
function continues({ top, parts }: FramedPage, offset: number): boolean {
  const first = parts[0]?.first ?? top + 1;
  return first <= offset + 1;
}

function describe(start: Start, top: Position, earliest: number, count: number): Recovery {
  const { epoch } = top;
  const span = { from: formatPosition({ epoch, offset: start.from }), to: formatPosition(top), count };
  if (start.status !== 'gap') return { status: start.status, ...span };
  return {
    status: 'gap',
    reason: start.reason,
    last_seen: formatPosition(start.lastSeen),
    first_available: formatPosition({ epoch, offset: earliest }),
    ...span,
  };
}
