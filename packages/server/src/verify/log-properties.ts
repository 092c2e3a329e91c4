import type { Topic } from '../log/log-store.ts';
import type { HistoryEvent, LogRead } from './history.ts';
import {
  isUndecided,
  mayReceive,
  outcomeOf,
  type PublicationRecord,
  type Publications,
} from './publications.ts';
import type { EpochLog, TopicHistory } from './topics.ts';
import type { ViolationKind, Violations } from './violations.ts';

/** Whether logs may begin new epochs. */
export type CheckedEpochs = 'constant' | 'may-change';

/** One epoch of a log as it is judged: each known offset with its value. */
export interface SettledLog {
  readonly log: EpochLog;
  /** Values by offset, in ascending order. */
  readonly values: ReadonlyMap<number, string>;
  /** How it was read in the end; absent when it was not, or began anew. */
  readonly read: LogRead | undefined;
}

/** Judges the log of one topic, properties C1 to C9, and says what it held. */
export class LogJudge {
  readonly #topic: TopicHistory;
  readonly #publications: Publications;
  readonly #violations: Violations;

  constructor(topic: TopicHistory, publications: Publications, violations: Violations) {
    this.#topic = topic;
    this.#publications = publications;
    this.#violations = violations;
  }

  /** @param epochs whether acknowledged publications of an epoch that ended may be gone. */
  judge(epochs: CheckedEpochs): SettledLog[] {
    const final = this.#topic.final;
    if (epochs === 'constant') this.#checkEpochs();
    const settled = [...this.#topic.epochs.values()].map((log) => {
      return this.#settle(log, final?.log === log ? final.read : undefined);
    });
    const kept = new Set(final?.read.entries.map(({ id }) => id));
    for (const each of settled) this.#checkValues(each);
    for (const each of settled) {
      this.#checkHoles(each, epochs);
      this.#checkOrder(each);
      if (each.read) this.#checkAcknowledged(each, each.read);
      else if (epochs === 'constant' && final) this.#checkKept(each, kept, final.read);
    }
    if (final) this.#checkNodes(final.read);
    return settled;
  }

  /** C10: the log lives on. */
  #checkEpochs(): void {
    const [first, ...others] = this.#topic.epochs.values();
    for (const log of others) {
      const detail = `epoch ${first?.epoch} was followed by ${log.epoch}, and nothing of the log may be lost in this run`;
      this.#violate('epoch-lie', detail, [log.firstSeen]);
    }
  }

  /** C1: one value at each position. */
  #settle(log: EpochLog, read: LogRead | undefined): SettledLog {
    const values = new Map<number, string>();
    const entries = new Map(read?.entries.map(({ offset, id }) => [offset, id]));
    const offsets = [...new Set([...log.slots.keys(), ...entries.keys()])].sort((a, b) => a - b);
    for (const offset of offsets) {
      const { acknowledged, delivered } = log.slots.get(offset) ?? {};
      // An unreadable payload names no value.
      const value = entries.get(offset) ?? acknowledged?.id ?? (delivered?.id || undefined);
      if (value !== undefined) values.set(offset, value);
      const told = entries.get(offset) ?? (log.isContradicted(offset) ? delivered?.id : undefined);
      if (!acknowledged || told === undefined || told === acknowledged.id) continue;
      const detail = `${log.place(offset)} was acknowledged as ${acknowledged.id}, and holds ${told}`;
      const other = entries.has(offset) ? read : delivered;
      this.#violate('inconsistent-offset', detail, other ? [acknowledged, other] : [acknowledged]);
    }
    return { log, values, read };
  }

  /** C2 and C4: each value once, and each of them published. */
  #checkValues({ log, values, read }: SettledLog): void {
    const offsets = new Map<string, number>();
    for (const [offset, id] of values) {
      const earlier = offsets.get(id);
      offsets.set(id, offset);
      const record = this.#publications.get(id);
      const events = this.#eventsAt(log, offset, read, record);
      if (record) record.seen = true;
      if (earlier !== undefined) {
        const before = this.#eventsAt(log, earlier, read, undefined);
        const detail = `${id} stands at ${log.place(earlier)} and at ${offset}`;
        this.#violate('duplicate-append', detail, [...events, ...before]);
      } else if (!record) {
        this.#violate('phantom', `${id} at ${log.place(offset)} was never published`, events);
      } else if (outcomeOf(record) === 'failed') {
        const detail = `${id} was refused with ${record.failed?.code}, and stands at ${log.place(offset)}`;
        this.#violate('aborted-visible', detail, events);
      }
    }
  }

  /** C3: what was acknowledged is in the log in the end, unless the retention took it. */
  #checkAcknowledged({ log }: SettledLog, read: LogRead): void {
    const kept = new Set(read.entries.map(({ offset }) => offset));
    for (const [offset, { acknowledged }] of log.slots) {
      if (!acknowledged || offset < read.earliest || kept.has(offset)) continue;
      const record = this.#publications.get(acknowledged.id);
      if (read.user !== undefined && !mayReceive(read.user, record)) continue;
      const part = offset > read.top ? 'the end of the log is gone' : 'what came after it is there';
      const detail = `${acknowledged.id} was acknowledged at ${log.place(offset)} and is not in the log; ${part}`;
      this.#violate('lost-ack', detail, [...(record ? [record.begun] : []), acknowledged, read]);
    }
  }

  /** C3 where the epoch changed, and must not: whatever was acknowledged is somewhere in the log that is there now. */
  #checkKept({ log }: SettledLog, kept: ReadonlySet<string>, read: LogRead): void {
    for (const [offset, { acknowledged }] of log.slots) {
      if (!acknowledged || kept.has(acknowledged.id)) continue;
      const detail = `${acknowledged.id} was acknowledged at ${log.place(offset)} and is not in the log, which began anew`;
      this.#violate('lost-ack', detail, [acknowledged, read]);
    }
  }

  /** C5: no offset without a publication, as far as there can be none that nobody saw. */
  #checkHoles({ log, values, read }: SettledLog, epochs: CheckedEpochs): void {
    const offsets = [...values.keys()];
    const ids = new Set(values.values());
    let unseen = this.#publications.ofTopic(this.#topic.topic, (record) => {
      // A new epoch may begin with what was retained; what is addressed may have had nobody to see it there.
      const carriedOver = epochs === 'may-change' && record.begun.to !== undefined;
      return (isUndecided(record) || carriedOver) && !ids.has(record.begun.id);
    }).length;
    for (const [index, offset] of offsets.entries()) {
      const before = offsets[index - 1] ?? offset - 1;
      for (let missing = before + 1; missing < offset; missing++) {
        // The whole log was read, and holds nothing there.
        const certain = read !== undefined && read.user === undefined && missing >= read.earliest;
        // What an epoch keeps of the one before it may have been seen in that one only, or be answered in a later one.
        const elsewhere = epochs === 'may-change' && this.#isKnownElsewhere(log, missing);
        if (!certain && (elsewhere || unseen-- > 0)) continue;
        const detail = `${log.place(missing)} holds nothing, and ${offset} holds ${values.get(offset)}`;
        this.#violate('hole', detail, this.#eventsAt(log, offset, read, undefined));
      }
    }
  }

  #isKnownElsewhere(log: EpochLog, offset: number): boolean {
    return [...this.#topic.epochs.values()].some((other) => other !== log && other.slots.has(offset));
  }

  /** C6 and C7: what was acknowledged before something else began stands before it. */
  #checkOrder({ log, values }: SettledLog): void {
    // Of what stands further on: what was acknowledged first, of every publisher and of all.
    const own = new Map<string, PublicationRecord>();
    let any: PublicationRecord | undefined;
    for (const [offset, id] of [...values].reverse()) {
      const record = this.#publications.get(id);
      if (!record || isElsewhere(record, log, offset)) continue;
      const { begun } = record;
      if (this.#isEarlier(own.get(begun.publisher), begun.at)) {
        this.#reordered('publisher-reorder', log, offset, record, own.get(begun.publisher));
      } else if (this.#isEarlier(any, begun.at)) {
        this.#reordered('realtime-reorder', log, offset, record, any);
      }
      if (record.acknowledged?.position.epoch !== log.epoch) continue;
      const { at } = record.acknowledged;
      if (!this.#isEarlier(own.get(begun.publisher), at)) own.set(begun.publisher, record);
      if (!this.#isEarlier(any, at)) any = record;
    }
  }

  #isEarlier(record: PublicationRecord | undefined, at: number): boolean {
    return record?.acknowledged !== undefined && record.acknowledged.at < at;
  }

  #reordered(
    kind: 'publisher-reorder' | 'realtime-reorder',
    log: EpochLog,
    offset: number,
    { begun }: PublicationRecord,
    earlier: PublicationRecord | undefined,
  ): void {
    if (!earlier?.acknowledged) return;
    const detail = `${begun.id} at ${log.place(offset)} was begun after ${earlier.begun.id} had been acknowledged at ${earlier.acknowledged.position.offset}`;
    this.#violate(kind, detail, [earlier.begun, earlier.acknowledged, begun]);
  }

  /** C9: every node holds the same. */
  #checkNodes(reference: LogRead): void {
    const ids = new Map(reference.entries.map(({ offset, id }) => [offset, id]));
    for (const log of this.#topic.epochs.values()) {
      for (const read of log.reads.values()) {
        if (read === reference) continue;
        const detail = difference(reference, ids, read, (id) => this.#publications.get(id));
        if (detail) this.#violate('node-divergence', detail, [reference, read]);
      }
    }
  }

  #eventsAt(
    log: EpochLog,
    offset: number,
    read: LogRead | undefined,
    record: PublicationRecord | undefined,
  ): HistoryEvent[] {
    const slot = log.slots.get(offset);
    const seen = slot?.acknowledged ?? slot?.delivered ?? read;
    return [
      ...(record ? [record.begun] : []),
      ...(record?.failed ? [record.failed] : []),
      ...(seen ? [seen] : []),
    ];
  }

  #violate(kind: ViolationKind, detail: string, events: readonly HistoryEvent[]): void {
    this.#violations.add(kind, { topic: this.#topic.topic, detail, events });
  }
}

/** Whether a publication was acknowledged at another place of this log: what stands here is a second copy. */
function isElsewhere({ acknowledged }: PublicationRecord, log: EpochLog, offset: number): boolean {
  return acknowledged?.position.epoch === log.epoch && acknowledged.position.offset !== offset;
}

/** How another node's log differs; `undefined` when it does not. */
function difference(
  reference: LogRead,
  ids: ReadonlyMap<number, string>,
  read: LogRead,
  publication: (id: string) => PublicationRecord | undefined,
): string | undefined {
  const { node, epoch, top } = read;
  if (epoch !== reference.epoch)
    return `${node} has epoch ${epoch}, ${reference.node} has ${reference.epoch}`;
  if (top !== reference.top) return `${node} ends at ${top}, ${reference.node} at ${reference.top}`;
  const own = new Map(read.entries.map(({ offset, id }) => [offset, id]));
  const start = Math.max(read.earliest, reference.earliest);
  for (let offset = start; offset <= top; offset++) {
    const [here, there] = [own.get(offset), ids.get(offset)];
    if (here === there || isHidden(there, read, publication) || isHidden(here, reference, publication))
      continue;
    return `${node} has ${here ?? 'nothing'} at ${offset}, ${reference.node} has ${there ?? 'nothing'}`;
  }
  return undefined;
}

/** Whether the reader of a log does not see a publication because it is addressed to somebody else. */
function isHidden(
  id: string | undefined,
  { user }: LogRead,
  publication: (id: string) => PublicationRecord | undefined,
): boolean {
  return id !== undefined && user !== undefined && !mayReceive(user, publication(id));
}

/** The topics of logs that were acknowledged to, and never read in the end. */
export function unread(topics: Iterable<TopicHistory>): Topic[] {
  return [...topics]
    .filter((topic) => !topic.final)
    .filter((topic) => [...topic.epochs.values()].some(({ slots }) => slots.size > 0))
    .map(({ topic }) => topic);
}
