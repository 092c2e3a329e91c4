import type { Topic } from '../log/log-store.ts';
import type { PublishAcknowledged, PublishBegun, PublishFailed, PublishUnknown } from './history.ts';

/** One publication, with what its publisher learnt of it. */
export interface PublicationRecord {
  /** Its first attempt. */
  readonly begun: PublishBegun;
  /** When its latest attempt began. */
  latestBegunAt: number;
  /** Attempts without an answer so far. */
  pending: number;
  /** An attempt ended without a verdict. */
  unknown: boolean;
  failed: PublishFailed | undefined;
  acknowledged: PublishAcknowledged | undefined;
  /** When the last subscriber got it that waited for it. */
  deliveredAt: number;
  /** It was seen in the log, or delivered. */
  seen: boolean;
}

/** How many publications ended how. */
export interface Outcomes {
  acknowledged: number;
  /** Certainly not published. */
  failed: number;
  /** Unanswered for good: published, or not. */
  unknown: number;
  /** Of those, how many are in the log nevertheless. */
  unknownAppeared: number;
}

/** All publications of a run, by their value. */
export class Publications {
  readonly #byId = new Map<string, PublicationRecord>();
  #attempts = 0;

  get attempts(): number {
    return this.#attempts;
  }

  get(id: string): PublicationRecord | undefined {
    return this.#byId.get(id);
  }

  all(): Iterable<PublicationRecord> {
    return this.#byId.values();
  }

  begun(event: PublishBegun): void {
    this.#attempts++;
    const known = this.#byId.get(event.id);
    if (known) {
      known.pending++;
      known.latestBegunAt = event.at;
      return;
    }
    this.#byId.set(event.id, {
      begun: event,
      latestBegunAt: event.at,
      pending: 1,
      unknown: false,
      failed: undefined,
      acknowledged: undefined,
      deliveredAt: 0,
      seen: false,
    });
  }

  /** Takes an answer; the record to it, or nothing when there is none. */
  answered(event: PublishAcknowledged | PublishFailed | PublishUnknown): PublicationRecord | undefined {
    const record = this.#byId.get(event.id);
    if (!record) return undefined;
    record.pending--;
    if (event.type === 'publish.unknown') record.unknown = true;
    else if (event.type === 'publish.failed') record.failed = event;
    else record.acknowledged ??= event;
    return record;
  }

  outcomes(): Outcomes {
    const outcomes: Outcomes = { acknowledged: 0, failed: 0, unknown: 0, unknownAppeared: 0 };
    for (const record of this.#byId.values()) {
      outcomes[outcomeOf(record)]++;
      if (outcomeOf(record) === 'unknown' && record.seen) outcomes.unknownAppeared++;
    }
    return outcomes;
  }

  /** The publications of a topic, as far as they satisfy. */
  ofTopic(topic: Topic, satisfies: (record: PublicationRecord) => boolean): PublicationRecord[] {
    return [...this.#byId.values()].filter((record) => record.begun.topic === topic && satisfies(record));
  }
}

/** How a publication ended. One attempt without an answer is enough not to know; an acknowledgement settles it. */
export function outcomeOf(record: PublicationRecord): 'acknowledged' | 'failed' | 'unknown' {
  if (record.acknowledged) return 'acknowledged';
  return isUndecided(record) || !record.failed ? 'unknown' : 'failed';
}

/** Whether an attempt to publish it may have succeeded without anybody knowing. */
export function isUndecided({ unknown, pending }: PublicationRecord): boolean {
  return unknown || pending > 0;
}

/** Whether a user may receive a publication. One that nobody published is addressed to nobody in particular. */
export function mayReceive(user: string, record: PublicationRecord | undefined): boolean {
  return record?.begun.to === undefined || record.begun.to === user;
}
