import type { Access } from './access.ts';
import type { HistoryEvent, Settled } from './history.ts';
import type { SettledLog } from './log-properties.ts';
import { isUndecided, mayReceive, type Publications } from './publications.ts';
import type { AnnouncedGap, Hole, Opening, Subscription } from './subscription.ts';
import type { EpochLog, TopicHistory } from './topics.ts';
import type { ViolationKind, Violations } from './violations.ts';
import { VisibleCounts } from './visible-counts.ts';

/** What deliveries of one topic are judged by. */
export interface DeliveryEvidence {
  readonly topic: TopicHistory;
  readonly logs: readonly SettledLog[];
  readonly publications: Publications;
  readonly access: Access;
  readonly settled: Settled | undefined;
  /** How many publications the log keeps at least, if that is known. */
  readonly retention: number | undefined;
  readonly violations: Violations;
}

/** How a subscription may end without being owed an explanation. */
const OWN_ENDS = new Set(['closed', 'unsubscribed']);

/** Judges what the subscribers of one topic were given, properties D1 to D6, when its log is known. */
export class DeliveryJudge {
  readonly #evidence: DeliveryEvidence;
  readonly #logs: ReadonlyMap<EpochLog, SettledLog>;
  readonly #counts = new Map<SettledLog, VisibleCounts>();
  readonly #growth = new Map<SettledLog, Growth>();
  /** Up to here everything is owed. */
  #owedTop: number | undefined;

  constructor(evidence: DeliveryEvidence) {
    this.#evidence = evidence;
    this.#logs = new Map(evidence.logs.map((settled) => [settled.log, settled]));
  }

  /** D2 and D6: what was delivered is what the log holds. */
  judgeValues(): void {
    for (const { log, values, read } of this.#evidence.logs) {
      for (const [offset, { acknowledged, delivered, deviating }] of log.slots) {
        const value = values.get(offset);
        // That deliveries contradict the acknowledgement alone was found with the log.
        const first = delivered && (read || !log.isContradicted(offset)) ? [delivered] : [];
        for (const delivery of [...first, ...(deviating ?? [])]) {
          // An unreadable one was found when it came.
          if (delivery.id === '' || delivery.id === value) continue;
          const detail = `${log.place(offset)} holds ${value ?? 'nothing'}, and ${delivery.id} was delivered`;
          const { subscriber, topic } = delivery;
          const kind = this.#evidence.publications.get(delivery.id) ? 'wrong-value' : 'phantom';
          this.#evidence.violations.add(kind, { topic, subscriber, detail, events: [delivery] });
        }
        if (!delivered || acknowledged || !read || offset <= read.top) continue;
        if (!this.#evidence.publications.get(delivered.id)) continue;
        const detail = `${delivered.id} was delivered from ${log.place(offset)}, never acknowledged, and the log ends at ${read.top}`;
        const { subscriber, topic } = delivered;
        this.#evidence.violations.add('uncommitted-visible', {
          topic,
          subscriber,
          detail,
          events: [delivered],
        });
      }
    }
  }

  judge(subscription: Subscription): void {
    for (const hole of subscription.holes) this.#judgeHole(subscription, hole);
    for (const gap of subscription.gaps) this.#judgeGap(subscription, gap);
    for (const opening of subscription.openings) this.#judgeCount(subscription, opening);
    this.#judgeEnd(subscription);
  }

  #judgeHole(subscription: Subscription, { log, first, last, kind, fresh, late, events }: Hole): void {
    const settled = this.#logs.get(log);
    if (!settled) return;
    const missing = this.#visible(settled, first, last, subscription.user).filter(
      (offset) => !late.has(offset),
    );
    // Who came without a receipt is given what is retained, which may begin later than what came without proof.
    const lawful = fresh && missing.every((offset) => offset < (settled.read?.earliest ?? 0));
    if (missing.length === 0 || lawful) return;
    const detail = `${listed(log, missing)} ${missing.length === 1 ? 'was' : 'were'} left out`;
    this.#violate(
      kind,
      subscription,
      kind === 'false-recovered' ? `"recovered", and ${detail}` : detail,
      events,
    );
  }

  /** D4 and D5: the gap was necessary, and as it was said. */
  #judgeGap(
    subscription: Subscription,
    { reason, lastSeen, firstAvailable, from, event }: AnnouncedGap,
  ): void {
    const sameEpoch = lastSeen.epoch === from.epoch;
    const settled = this.#logs.get(subscription.topic.log(from.epoch, event));
    const violate = (kind: ViolationKind, detail: string) =>
      this.#violate(kind, subscription, detail, [event]);
    if (reason === 'epoch_changed') {
      if (sameEpoch) violate('false-gap', `the epoch is still ${from.epoch}`);
    } else if (reason === 'position_unknown') {
      if (!sameEpoch) violate('false-gap', `the epoch changed from ${lastSeen.epoch} to ${from.epoch}`);
      else if (settled?.values.has(lastSeen.offset)) {
        violate('epoch-lie', `the log went back behind ${lastSeen.offset}, and is still epoch ${from.epoch}`);
      }
    } else if (!sameEpoch || firstAvailable.offset <= lastSeen.offset + 1) {
      violate('false-gap', 'the retention took nothing between its ends');
    } else if (settled?.read && settled.read.earliest <= lastSeen.offset + 1) {
      violate(
        'false-gap',
        `the log still holds ${settled.log.place(settled.read.earliest)} and what follows`,
      );
    } else if (settled?.read && settled.read.earliest < firstAvailable.offset) {
      violate('inexact-gap', `the log still holds ${settled.log.place(settled.read.earliest)}`);
    } else if (settled && firstAvailable.offset > this.#latestEarliest(settled, event.at)) {
      const { retention = 0 } = this.#evidence;
      violate(
        'false-gap',
        `${retention} publications are kept, and so many had not been published behind it`,
      );
    }
  }

  /** The greatest offset that the oldest kept publication can have had at a time. */
  #latestEarliest(settled: SettledLog, at: number): number {
    const { retention, publications } = this.#evidence;
    if (retention === undefined) return Number.POSITIVE_INFINITY;
    const growth = this.#growth.get(settled) ?? growthOf(settled, publications);
    this.#growth.set(settled, growth);
    const top = growth.tops.findLast((step) => step.at <= at)?.top ?? 0;
    return Math.max(1, top + growth.unseen - retention + 1);
  }

  /** D5: as many publications follow as a `connect` says. */
  #judgeCount(subscription: Subscription, { log, event, interrupted }: Opening): void {
    const { from, to, count } = event.recovery;
    const settled = this.#logs.get(log);
    if (!settled || interrupted || to.epoch !== from.epoch) return;
    const visible = this.#countsOf(settled).between(from.offset, to.offset, subscription.user);
    if (visible === undefined || visible === count) return;
    const detail = `${count} were announced after ${log.place(from.offset)} up to ${to.offset}, and there are ${visible}`;
    this.#violate('wrong-count', subscription, detail, [event]);
  }

  /** D3: in the end everything that was acknowledged is delivered. */
  #judgeEnd(subscription: Subscription): void {
    const { access, settled } = this.#evidence;
    const { ended, user, topic, place } = subscription;
    // Who ended after everything was settled was owed it before.
    if (ended && !(settled && ended.at > settled.at)) {
      if (OWN_ENDS.has(ended.code) || access.endedBy(user, topic.topic, ended.at)) return;
      const detail = `it was ended with ${ended.code}, though user ${user} may see the topic`;
      return this.#violate('undelivered', subscription, detail, [ended]);
    }
    const current = this.#current();
    if (!settled || !current || !access.allows(user, topic.topic) || !place) return;
    const events = [...(subscription.last ? [subscription.last] : []), settled];
    if (place.log !== current.log) {
      const detail = `it is at ${place.log.place(place.offset)} in the end, and was not told of epoch ${current.log.epoch}`;
      return this.#violate('undelivered', subscription, detail, events);
    }
    this.#owedTop ??= owedTop(current, settled);
    const missing = this.#visible(current, place.offset + 1, this.#owedTop, user);
    if (missing.length === 0) return;
    const detail = `${listed(current.log, missing)} had not arrived in the end`;
    this.#violate('undelivered', subscription, detail, events);
  }

  /** The log as it is in the end; without a final read, the epoch that came last. */
  #current(): SettledLog | undefined {
    return this.#evidence.logs.find(({ read }) => read) ?? this.#evidence.logs.at(-1);
  }

  /** The known offsets of a range that a user may see. */
  #visible({ values }: SettledLog, first: number, last: number, user: string): number[] {
    const offsets: number[] = [];
    for (let offset = first; offset <= last; offset++) {
      const id = values.get(offset);
      if (id !== undefined && mayReceive(user, this.#evidence.publications.get(id))) offsets.push(offset);
    }
    return offsets;
  }

  #countsOf(settled: SettledLog): VisibleCounts {
    const counts = this.#counts.get(settled) ?? new VisibleCounts(settled, this.#evidence.publications);
    this.#counts.set(settled, counts);
    return counts;
  }

  #violate(
    kind: ViolationKind,
    { subscriber, topic }: Subscription,
    detail: string,
    events: readonly HistoryEvent[],
  ): void {
    this.#evidence.violations.add(kind, { topic: topic.topic, subscriber, detail, events });
  }
}

/** The newest offset that was acknowledged before the run was settled, or given to anybody and is in the log. */
function owedTop({ log, read }: SettledLog, settled: Settled): number {
  let top = 0;
  for (const [offset, { acknowledged, delivered }] of log.slots) {
    if (offset <= top) continue;
    if (acknowledged && acknowledged.at <= settled.at) top = offset;
    else if (read && offset <= read.top && delivered && delivered.at <= settled.at) top = offset;
  }
  return top;
}

/** How far a log can have grown by when. */
interface Growth {
  /** The greatest known offset of what was begun by then: nothing is in a log before. */
  readonly tops: readonly { readonly at: number; readonly top: number }[];
  /** How many publications may be in it that nobody saw. */
  readonly unseen: number;
}

function growthOf({ log, values }: SettledLog, publications: Publications): Growth {
  const begun = [...values].map(([offset, id]) => ({ at: publications.get(id)?.begun.at ?? 0, top: offset }));
  begun.sort((a, b) => a.at - b.at);
  let top = 0;
  const tops = begun.map((step) => {
    top = Math.max(top, step.top);
    return { at: step.at, top };
  });
  return {
    tops,
    unseen: publications.ofTopic(log.topic, (record) => isUndecided(record) && !record.seen).length,
  };
}

/** Offsets for people: all of a few, else the first and the last. */
function listed(log: EpochLog, offsets: readonly number[]): string {
  const [first = 0] = offsets;
  if (offsets.length <= 3)
    return `${log.place(first)}${offsets
      .slice(1)
      .map((offset) => `, ${offset}`)
      .join('')}`;
  return `${offsets.length} publications from ${log.place(first)} to ${offsets.at(-1)}`;
}
