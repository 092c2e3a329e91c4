import { formatPosition, type Position } from '@vitalwire/protocol';
import type { Topic } from '../log/log-store.ts';
import type { Delivery, HistoryEvent, LogRead, PublishAcknowledged } from './history.ts';

/** What is known of one offset. */
export interface Slot {
  acknowledged: PublishAcknowledged | undefined;
  /** The first delivery. */
  delivered: Delivery | undefined;
  /** Deliveries of something else than the first. */
  deviating: Delivery[] | undefined;
}

/** What was observed of one epoch of a topic's log. */
export class EpochLog {
  readonly topic: Topic;
  readonly epoch: string;
  readonly slots = new Map<number, Slot>();
  /** The final reads, by node. */
  readonly reads = new Map<string, LogRead>();
  /** The event that named this epoch first. */
  readonly firstSeen: HistoryEvent;

  constructor(topic: Topic, epoch: string, firstSeen: HistoryEvent) {
    this.topic = topic;
    this.epoch = epoch;
    this.firstSeen = firstSeen;
  }

  slot(offset: number): Slot {
    let slot = this.slots.get(offset);
    if (!slot) {
      slot = { acknowledged: undefined, delivered: undefined, deviating: undefined };
      this.slots.set(offset, slot);
    }
    return slot;
  }

  /** Keeps the first readable delivery of each offset, and those that differ from it. */
  observe(event: Delivery): void {
    const slot = this.slot(event.position.offset);
    if (!slot.delivered?.id) slot.delivered = event;
    else if (slot.delivered.id !== event.id) {
      slot.deviating ??= [];
      slot.deviating.push(event);
    }
  }

  /** The value at an offset as far as the run has told so far. */
  idAt(offset: number): string | undefined {
    const slot = this.slots.get(offset);
    return slot?.acknowledged?.id ?? slot?.delivered?.id;
  }

  /** Whether an offset was delivered as something else than was acknowledged there, and never as that. */
  isContradicted(offset: number): boolean {
    const { acknowledged, delivered, deviating = [] } = this.slots.get(offset) ?? {};
    if (!acknowledged || !delivered?.id) return false;
    return [delivered, ...deviating].every(({ id }) => id !== acknowledged.id);
  }

  place(offset: number): string {
    return formatPosition({ epoch: this.epoch, offset });
  }
}

/** One topic: its epochs, in the order in which they were seen. */
export class TopicHistory {
  readonly topic: Topic;
  readonly epochs = new Map<string, EpochLog>();
  /** The newest position that each user received, by epoch. A server starts a subscriber without a position there. */
  readonly #received = new Map<string, Map<EpochLog, number>>();

  constructor(topic: Topic) {
    this.topic = topic;
  }

  /** The log of an epoch, known from now on. */
  log(epoch: string, event: HistoryEvent): EpochLog {
    let log = this.epochs.get(epoch);
    if (!log) {
      log = new EpochLog(this.topic, epoch, event);
      this.epochs.set(epoch, log);
    }
    return log;
  }

  receivedOf(user: string): Map<EpochLog, number> {
    const received = this.#received.get(user) ?? new Map<EpochLog, number>();
    this.#received.set(user, received);
    return received;
  }

  /** The log as it is in the end: the fullest of those that were read, when any was. */
  get final(): { log: EpochLog; read: LogRead } | undefined {
    let final: { log: EpochLog; read: LogRead } | undefined;
    for (const log of this.epochs.values()) {
      for (const read of log.reads.values()) {
        // Of nodes that disagree about the epoch, the one that was read last.
        if (!final || log !== final.log || read.top > final.read.top) final = { log, read };
      }
    }
    return final;
  }
}

/** All topics of a run. */
export class Topics {
  readonly #topics = new Map<Topic, TopicHistory>();

  of(topic: Topic): TopicHistory {
    let history = this.#topics.get(topic);
    if (!history) {
      history = new TopicHistory(topic);
      this.#topics.set(topic, history);
    }
    return history;
  }

  all(): Iterable<TopicHistory> {
    return this.#topics.values();
  }

  log(topic: Topic, position: Position, event: HistoryEvent): EpochLog {
    return this.of(topic).log(position.epoch, event);
  }
}
