import type { GapReason } from '@vitalwire/protocol';
import { Access, type AccessBounds, DEFAULT_ACCESS_BOUNDS } from './access.ts';
import { DeliveryJudge } from './delivery-properties.ts';
import { Faults } from './faults.ts';
import { DEFAULT_GUARDS, type Guards, reasonsAgainst } from './guards.ts';
import type { Delivery, GapTold, HistoryEvent, PublishAcknowledged, SubscriptionOpened } from './history.ts';
import { measureLiveness } from './liveness.ts';
import { type CheckedEpochs, LogJudge, unread } from './log-properties.ts';
import { mayReceive, Publications } from './publications.ts';
import { type Counts, claimOf, type Report } from './report.ts';
import type { Subscription } from './subscription.ts';
import { Subscriptions } from './subscriptions.ts';
import { Tally } from './tally.ts';
import { Topics } from './topics.ts';
import { type ViolationKind, Violations } from './violations.ts';

/** What a history is judged by. */
export interface CheckOptions {
  /** Whether a log may begin a new epoch, and then lose what it acknowledged. @default 'constant' */
  readonly epochs?: CheckedEpochs;
  /** How long the end of access may take to work. */
  readonly access?: Partial<AccessBounds>;
  /**
   * How many publications a log keeps at least: no gap may be announced within. Without it a gap is compared with the log
   * as it is in the end only.
   */
  readonly retention?: number;
  /** What the run has to show before it proves anything. */
  readonly guards?: Partial<Guards>;
  /** How many violations of each kind the report keeps; all are counted. @default 10 */
  readonly examples?: number;
}

/** Judges a history, whose events come in the order of their time: see {@link mergeHistories}. */
export async function check(
  events: Iterable<HistoryEvent> | AsyncIterable<HistoryEvent>,
  options: CheckOptions = {},
): Promise<Report> {
  const checker = new Checker(options);
  for await (const event of events) checker.take(event);
  return checker.report();
}

/** Judges a history while it happens. It keeps something of each publication and subscription, and not the deliveries. */
export class Checker {
  readonly #epochs: CheckedEpochs;
  readonly #retention: number | undefined;
  readonly #guards: Guards;
  readonly #violations: Violations;
  readonly #access: Access;
  readonly #publications = new Publications();
  readonly #topics = new Topics();
  readonly #subscriptions: Subscriptions;
  readonly #faults = new Faults();
  /** What a client's application was told before the first `connect` was recorded, by subscriber and topic. */
  readonly #early = new Map<string, (Delivery | GapTold)[]>();
  readonly #tally = new Tally();

  constructor(options: CheckOptions = {}) {
    this.#epochs = options.epochs ?? 'constant';
    this.#retention = options.retention;
    this.#guards = { ...DEFAULT_GUARDS, ...options.guards };
    this.#violations = new Violations(options.examples ?? 10);
    this.#access = new Access({ ...DEFAULT_ACCESS_BOUNDS, ...options.access }, this.#violations);
    this.#subscriptions = new Subscriptions(this.#topics, this.#publications, this.#violations);
  }

  /** How many violations were found so far; most kinds are found only by {@link report}. */
  get found(): number {
    return this.#violations.total;
  }

  /** Takes the next event. */
  take(event: HistoryEvent): void {
    this.#tally.take(event);
    switch (event.type) {
      case 'publish.begun':
        return this.#publications.begun(event);
      case 'publish.acknowledged':
        return this.#acknowledged(event);
      case 'publish.failed':
      case 'publish.unknown':
        if (!this.#publications.answered(event)) this.#unasked(event.id);
        return;
      case 'subscription.opened':
        return this.#opened(event);
      case 'delivery':
      case 'gap':
        return this.#received(event);
      case 'subscriber.reloaded':
        return this.#subscriptions.reloaded(event);
      case 'subscriber.ended':
        return this.#subscriptions.ended(event);
      case 'access.granted':
      case 'access.revoked':
      case 'access.expired':
        return this.#access.changed(event);
      case 'fault.begun':
        return this.#faults.begun(event);
      case 'fault.ended':
        return this.#faults.ended(event);
      case 'log.read':
        this.#topics.of(event.topic).log(event.epoch, event).reads.set(event.node, event);
        return;
      default:
        // The others are only counted.
        return;
    }
  }

  /** Judges what was taken. Called once, at the end. */
  report(): Report {
    for (const topic of this.#topics.all()) {
      const logs = new LogJudge(topic, this.#publications, this.#violations).judge(this.#epochs);
      const judge = new DeliveryJudge({
        topic,
        logs,
        publications: this.#publications,
        access: this.#access,
        settled: this.#tally.settled,
        retention: this.#retention,
        violations: this.#violations,
      });
      judge.judgeValues();
      for (const subscription of this.#subscriptions.of(topic)) judge.judge(subscription);
    }
    const counts = this.#counts();
    const invalid = this.#reasonsAgainst(counts);
    const verdict = this.#violations.total > 0 ? 'violated' : invalid.length > 0 ? 'invalid' : 'held';
    return {
      verdict,
      invalid,
      violations: this.#violations.kept,
      violationCounts: this.#violations.counts,
      counts,
      liveness: measureLiveness(this.#publications, this.#tally.deliveryMs, this.#faults.ends),
      claim: claimOf(verdict, this.#faults.ends.length),
      seed: this.#tally.run?.seed,
      about: this.#tally.run?.about ?? {},
    };
  }

  #acknowledged(event: PublishAcknowledged): void {
    const record = this.#publications.answered(event);
    if (!record) return this.#unasked(event.id);
    this.#access.acknowledged(event, record);
    if (this.#faults.isDuring(event.at)) this.#tally.acknowledgedDuringFaults++;
    const { topic } = record.begun;
    const { epoch, offset } = event.position;
    const log = this.#topics.log(topic, event.position, event);
    const first = record.acknowledged?.position;
    if (first && first.epoch === epoch && first.offset !== offset) {
      const detail = `${event.id} was acknowledged at ${log.place(first.offset)}, and again at ${offset}`;
      this.#violations.add('duplicate-append', { topic, detail, events: [record.begun, event] });
      return;
    }
    const slot = log.slot(offset);
    if (slot.acknowledged && slot.acknowledged.id !== event.id) {
      const detail = `${log.place(offset)} was acknowledged as ${slot.acknowledged.id} and as ${event.id}`;
      this.#violations.add('inconsistent-offset', { topic, detail, events: [slot.acknowledged, event] });
    }
    slot.acknowledged ??= event;
  }

  #opened(event: SubscriptionOpened): void {
    const key = `${event.topic} ${event.subscriber}`;
    const subscription = this.#subscriptions.opened(event);
    const early = this.#early.get(key) ?? [];
    this.#early.delete(key);
    for (const before of early) this.#received(before);
    this.#access.opened(event);
    subscription.opened(event);
  }

  #received(event: Delivery | GapTold): void {
    const subscription = this.#subscriptions.get(event);
    if (!subscription) {
      const key = `${event.topic} ${event.subscriber}`;
      this.#early.set(key, [...(this.#early.get(key) ?? []), event]);
    } else if (event.type === 'gap') subscription.told(event);
    else this.#delivered(event, subscription);
  }

  #delivered(event: Delivery, subscription: Subscription): void {
    const publication = this.#publications.get(event.id);
    const violate = (kind: ViolationKind, detail: string) => {
      const { topic, subscriber } = event;
      const events = publication ? [publication.begun, event] : [event];
      this.#violations.add(kind, { topic, subscriber, detail, events });
    };
    if (publication && publication.begun.topic !== event.topic) {
      return violate('cross-topic', `${event.id} belongs to topic ${publication.begun.topic}`);
    }
    if (!mayReceive(subscription.user, publication)) {
      violate('cross-user', `${event.id} is for user ${publication?.begun.to}, not for ${subscription.user}`);
    }
    if (event.id === '' || (publication && publication.begun.digest !== event.digest)) {
      violate('corrupted', `the payload of ${event.id || 'a publication'} is not what was published`);
    }
    this.#access.delivered(subscription, event, publication);
    this.#topics.log(event.topic, event.position, event).observe(event);
    const kind = subscription.delivered(event);
    this.#tally.delivered(kind);
    if (!publication || kind === 'repeated' || kind === 'earlier') return;
    if (kind === 'live') this.#tally.deliveryMs.add(event.at - publication.begun.at);
    // A log that was put back hands out again, in a new epoch, what arrived long ago.
    const { epoch } = publication.acknowledged?.position ?? event.position;
    // Who was kept out for a while did not wait for it.
    if (epoch === event.position.epoch && !this.#access.everEnded(subscription.user)) {
      publication.deliveredAt = event.at;
    }
  }

  #unasked(id: string): void {
    this.#tally.flaw ??= `an answer for ${id}, which nobody published`;
  }

  #counts(): Counts {
    const tally = this.#tally;
    const subscriptions = [...this.#subscriptions.all()];
    const gaps: Partial<Record<GapReason, number>> = {};
    for (const { reason } of subscriptions.flatMap((subscription) => subscription.gaps)) {
      gaps[reason] = (gaps[reason] ?? 0) + 1;
    }
    return {
      events: tally.events,
      seconds: tally.seconds,
      topics: [...this.#topics.all()].length,
      subscriptions: subscriptions.length,
      attempts: this.#publications.attempts,
      publications: this.#publications.outcomes(),
      acknowledgedDuringFaults: tally.acknowledgedDuringFaults,
      deliveries: tally.deliveries,
      recoveredDeliveries: tally.recoveredDeliveries,
      repeatedDeliveries: tally.repeatedDeliveries,
      connects: tally.connects,
      gaps,
      faults: this.#faults.counts,
    };
  }

  #reasonsAgainst(counts: Counts): string[] {
    const tally = this.#tally;
    const [early] = this.#early.keys();
    return reasonsAgainst(
      {
        acknowledged: counts.publications.acknowledged,
        acknowledgedDuringFaults: counts.acknowledgedDuringFaults,
        unknownAttempts: tally.unknownAttempts,
        faults: counts.faults,
        recovered: counts.recoveredDeliveries,
        live: tally.liveDeliveries,
        loopDelayMs: tally.loopDelayMs,
        rate: tally.rate,
        settled: tally.settled !== undefined,
        unread: unread(this.#topics.all()),
        flaw:
          tally.flaw ??
          (early === undefined ? undefined : `"${early}" was given something and never subscribed`),
      },
      this.#guards,
    );
  }
}
