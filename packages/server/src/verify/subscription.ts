import type { GapReason, Position } from '@vitalwire/protocol';
import type {
  Delivery,
  GapTold,
  HistoryEvent,
  RecordedRecovery,
  SubscriberEnded,
  SubscriberKind,
  SubscriptionOpened,
} from './history.ts';
import type { EpochLog, TopicHistory } from './topics.ts';
import type { ViolationKind } from './violations.ts';

/** Offsets that a subscriber was not given. Lawful if each of them was for somebody else. */
export interface Hole {
  readonly log: EpochLog;
  readonly first: number;
  readonly last: number;
  /** What it is if it is not lawful. */
  readonly kind: 'skip' | 'false-recovered' | 'inexact-gap';
  /** A start without any claim: what is no longer retained may be missing. */
  readonly fresh: boolean;
  /** Offsets that came too late, which is a violation of its own. */
  readonly late: Set<number>;
  readonly events: readonly HistoryEvent[];
}

/** A `connect`, to be judged when the log is known. */
export interface Opening {
  readonly log: EpochLog;
  readonly event: SubscriptionOpened;
  /** The retention took something before it was supplied, and a gap said so. */
  interrupted: boolean;
}

/** A gap as it was announced, to be judged when the log is known. */
export interface AnnouncedGap {
  readonly reason: GapReason;
  readonly lastSeen: Position;
  readonly firstAvailable: Position;
  readonly from: Position;
  readonly event: HistoryEvent;
}

/**
 * What a delivery is: `live`; `recovered`, of what was missed; `earlier`, of what was published before anybody waited for
 * it; or `repeated`, after a cut, as it may be to a plain subscriber.
 */
export type DeliveryKind = 'live' | 'recovered' | 'earlier' | 'repeated';

/** What a subscription needs to know, and whom it tells. */
export interface SubscriptionContext {
  violate(
    kind: ViolationKind,
    subscription: Subscription,
    detail: string,
    events: readonly HistoryEvent[],
  ): void;
  /** Whether it is certain by now that a publication is not for a user. */
  isForOthers(log: EpochLog, offset: number, user: string): boolean;
}

interface Place {
  readonly log: EpochLog;
  readonly offset: number;
}

/**
 * What one subscriber was given of one topic. It holds the place up to which everything was given or announced:
 *
 * 1. A delivery directly after it moves it on. One further ahead leaves a hole, which is judged when the log is known.
 * 2. A delivery at or before it is a duplicate, or out of order.
 * 3. Only an announced gap moves it over something, or into another epoch.
 * 4. A `plain` subscriber begins again with each `connect`, where the server may start no later than was received.
 */
export class Subscription {
  readonly subscriber: string;
  readonly user: string;
  readonly topic: TopicHistory;
  readonly kind: SubscriberKind;
  readonly openings: Opening[] = [];
  readonly gaps: AnnouncedGap[] = [];
  holes: Hole[] = [];
  ended: SubscriberEnded | undefined;
  readonly #context: SubscriptionContext;
  #place: Place | undefined;
  /** Where delivery last began; what stands before it cannot have been given since. */
  #from = 0;
  #last: HistoryEvent | undefined;
  /** It died: the publication that was being handled may come again. */
  #reloaded = false;
  /** The newest offset of each epoch that it was given. */
  readonly #received = new Map<EpochLog, number>();
  readonly #receivedByUser: Map<EpochLog, number>;

  constructor(
    { subscriber, user, kind }: SubscriptionOpened,
    topic: TopicHistory,
    context: SubscriptionContext,
  ) {
    this.subscriber = subscriber;
    this.user = user;
    this.kind = kind;
    this.topic = topic;
    this.#context = context;
    this.#receivedByUser = topic.receivedOf(user);
  }

  /** Everything up to here was given or announced; `undefined` before the first `connect`. */
  get place(): Place | undefined {
    return this.#place;
  }

  get last(): HistoryEvent | undefined {
    return this.#last;
  }

  opened(event: SubscriptionOpened): void {
    const { recovery } = event;
    const log = this.topic.log(recovery.from.epoch, event);
    const base = this.#base(event);
    if (recovery.status !== 'gap') this.#continued(event, log, base);
    else if (this.kind === 'plain') this.#gap({ ...gapOf(recovery), event }, log, base);
    else this.#unannounced(event, log, base);
    this.openings.push({ log, event, interrupted: false });
    this.#last = event;
  }

  told(event: GapTold): void {
    const { reason, lastSeen, firstAvailable, from } = event;
    this.#gap(
      { reason, lastSeen, firstAvailable, from, event },
      this.topic.log(from.epoch, event),
      this.#place,
    );
    this.#last = event;
  }

  /** Takes a delivery, and says what it is. */
  delivered(event: Delivery): DeliveryKind {
    const log = this.topic.log(event.position.epoch, event);
    const { offset } = event.position;
    if (this.#place && this.#place.log !== log) {
      this.#violate('epoch-lie', `${log.place(offset)} after ${at(this.#place)}, and no gap between`, event);
      this.#begin({ log, offset: offset - 1 });
    }
    const place = this.#place ?? this.#begin({ log, offset: offset - 1 });
    if (offset <= place.offset) this.#again(event, place, log);
    else {
      if (offset > place.offset + 1) this.#missed(log, place.offset + 1, offset - 1, event);
      this.#place = { log, offset };
    }
    this.#reloaded = false;
    this.#last = event;
    return this.#isFirst(log, offset) ? this.#kindOf(event, log) : 'repeated';
  }

  /** The subscriber died, and begins again from what it had stored. */
  reloaded(): void {
    this.#reloaded = true;
  }

  /** Where delivery has to go on from, as the subscriber knows it; nothing when it knows nothing. */
  #base({ after, recovery }: SubscriptionOpened): Place | undefined {
    const place = this.#place;
    if (this.kind === 'client' && place) return place;
    const { epoch, offset } = recovery.lastSeen ?? recovery.from;
    if (after === undefined) return this.#proven(epoch);
    // A gap may also open on a connection that has come further than it was asked to begin.
    if (recovery.status === 'gap' && place?.log.epoch === epoch && place.offset <= offset) return place;
    if (typeof after === 'string') return undefined;
    const log = this.topic.epochs.get(after.epoch);
    return log && { log, offset: after.offset };
  }

  /** The newest that this user received on any device: in this epoch, else in the one before. */
  #proven(epoch: string): Place | undefined {
    const received = [...this.#receivedByUser].map(([log, offset]) => ({ log, offset }));
    const proven = received.find(({ log }) => log.epoch === epoch) ?? received.at(-1);
    const place = this.#place;
    if (place?.log.epoch !== epoch) return proven;
    return proven?.log === place.log && proven.offset > place.offset ? proven : place;
  }

  /** A `connect` that claims to leave nothing out. */
  #continued(event: SubscriptionOpened, log: EpochLog, base: Place | undefined): void {
    const { status, from } = event.recovery;
    const kind = status === 'recovered' ? 'false-recovered' : 'skip';
    // A user without a receipt is new to the server, whatever was received without proof.
    const fresh = status === 'fresh' && event.after === undefined;
    if (base && base.log !== log) {
      if (!fresh) {
        const detail = `${status} from ${log.place(from.offset)}, and ${at(base)} was held`;
        this.#violate(status === 'recovered' ? 'false-recovered' : 'epoch-lie', detail, event);
      }
      this.#begin({ log, offset: from.offset });
    } else {
      if (base && from.offset > base.offset) {
        this.#hole({ log, first: base.offset + 1, last: from.offset, kind, fresh }, event);
      }
      // Whoever names a position has everything up to it.
      const { after } = event;
      if (typeof after === 'object' && after.epoch === log.epoch && from.offset < after.offset) {
        const detail = `asked for what follows ${log.place(after.offset)}, and begun at ${log.place(from.offset)}`;
        this.#violate('duplicate-delivery', detail, event);
      }
      const ahead = base !== undefined && this.kind === 'client' && base.offset > from.offset;
      if (!ahead) this.#begin({ log, offset: from.offset });
    }
  }

  /** A client's `connect` with a gap of which its application was not told. */
  #unannounced(event: SubscriptionOpened, log: EpochLog, base: Place | undefined): void {
    const { offset } = event.recovery.from;
    if (base?.log === log && base.offset >= offset) return;
    if (base && base.log !== log) {
      const detail = `the log went on as ${log.place(offset)}, and the application at ${at(base)} was not told`;
      this.#violate('epoch-lie', detail, event);
    } else if (base) {
      this.#hole({ log, first: base.offset + 1, last: offset, kind: 'skip', fresh: false }, event);
    }
    this.#begin({ log, offset });
  }

  #gap(gap: AnnouncedGap, log: EpochLog, base: Place | undefined): void {
    this.gaps.push(gap);
    const opening = this.openings.at(-1);
    if (opening && gap.lastSeen.offset < opening.event.recovery.to.offset) opening.interrupted = true;
    this.#checkExact(gap, base);
    this.#begin({ log, offset: gap.from.offset });
    this.#userHas(log, gap.from.offset);
  }

  #checkExact({ lastSeen, firstAvailable, from, event }: AnnouncedGap, base: Place | undefined): void {
    if (firstAvailable.epoch !== from.epoch || firstAvailable.offset !== from.offset + 1) {
      this.#violate('inexact-gap', 'the first available does not follow on where delivery continues', event);
    }
    if (!base) return;
    if (base.log.epoch !== lastSeen.epoch) {
      this.#violate('inexact-gap', `it begins in epoch ${lastSeen.epoch}, and ${at(base)} was held`, event);
    } else if (lastSeen.offset > base.offset) {
      const { log, offset } = base;
      this.#hole({ log, first: offset + 1, last: lastSeen.offset, kind: 'inexact-gap', fresh: false }, event);
    } else if (lastSeen.offset < base.offset && this.kind === 'client' && !this.#reloaded) {
      this.#violate('inexact-gap', `it begins at ${lastSeen.offset}, and ${at(base)} was held`, event);
    }
  }

  /** A delivery that does not lie ahead. */
  #again(event: Delivery, place: Place, log: EpochLog): void {
    const { offset } = event.position;
    if (this.#reloaded && offset === place.offset) return;
    const hole = this.holes.find((open) => open.log === log && open.first <= offset && offset <= open.last);
    if (hole && !hole.late.has(offset)) {
      hole.late.add(offset);
      this.#violate('backwards', `${offset} came after ${place.offset}`, event);
    } else if (offset > this.#from) {
      this.#violate('duplicate-delivery', `${log.place(offset)} came again`, event);
    } else {
      this.#violate('backwards', `${offset} lies before ${this.#from + 1}, where delivery began`, event);
    }
  }

  /** Offsets left out between two deliveries: within what a `connect` promised to recover, or live. */
  #missed(log: EpochLog, first: number, last: number, event: HistoryEvent): void {
    const recovery = this.openings.at(-1)?.event.recovery;
    const promised =
      recovery?.status === 'recovered' && recovery.to.epoch === log.epoch ? recovery.to.offset : 0;
    if (first <= promised) {
      const end = Math.min(last, promised);
      this.#hole({ log, first, last: end, kind: 'false-recovered', fresh: false }, event);
    }
    if (last > promised) {
      const start = Math.max(first, promised + 1);
      this.#hole({ log, first: start, last, kind: 'skip', fresh: false }, event);
    }
  }

  #hole(hole: Omit<Hole, 'late' | 'events'>, event: HistoryEvent): void {
    // Most holes are lawful, and known to be by the time the next one opens.
    this.holes = this.holes.filter((open) => !this.#isSettled(open));
    this.holes.push({ ...hole, late: new Set(), events: this.#last ? [this.#last, event] : [event] });
  }

  #isSettled({ log, first, last }: Hole): boolean {
    for (let offset = first; offset <= last; offset++) {
      if (!this.#context.isForOthers(log, offset, this.user)) return false;
    }
    return true;
  }

  #begin(place: Place): Place {
    this.#place = place;
    this.#from = place.offset;
    return place;
  }

  #kindOf(event: Delivery, log: EpochLog): DeliveryKind {
    const recovery = this.openings.at(-1)?.event.recovery;
    const before = recovery?.to.epoch === log.epoch && event.position.offset <= recovery.to.offset;
    if (!(event.recovered ?? before)) return 'live';
    return recovery?.status === 'fresh' || this.openings.length === 1 ? 'earlier' : 'recovered';
  }

  #isFirst(log: EpochLog, offset: number): boolean {
    if (offset <= (this.#received.get(log) ?? 0)) return false;
    this.#received.set(log, offset);
    this.#userHas(log, offset);
    return true;
  }

  /** The user received, or was told of, everything up to here. */
  #userHas(log: EpochLog, offset: number): void {
    if (offset >= (this.#receivedByUser.get(log) ?? 0)) this.#receivedByUser.set(log, offset);
  }

  #violate(kind: ViolationKind, detail: string, event: HistoryEvent): void {
    this.#context.violate(kind, this, detail, this.#last ? [this.#last, event] : [event]);
  }
}

function gapOf(recovery: RecordedRecovery): Omit<AnnouncedGap, 'event'> {
  const { reason, lastSeen, firstAvailable, from } = recovery;
  if (!reason || !lastSeen || !firstAvailable)
    throw new Error('a gap was recorded without its reason or its ends');
  return { reason, lastSeen, firstAvailable, from };
}

function at({ log, offset }: Place): string {
  return log.place(offset);
}
