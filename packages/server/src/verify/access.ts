import type { Topic } from '../log/log-store.ts';
import type { AccessChanged, Delivery, PublishAcknowledged, SubscriptionOpened } from './history.ts';
import type { PublicationRecord } from './publications.ts';
import type { Subscription } from './subscription.ts';
import type { Violations } from './violations.ts';

/** How long the end of access may take to work. */
export interface AccessBounds {
  /** After the answer to a revocation: nothing that is published later reaches the user. @default 1_000 */
  readonly revocationMs: number;
  /** The same after a token's expiry: clocks may differ by what the server tolerates. @default 6_000 */
  readonly expiryMs: number;
  /** After that bound: also nothing that was on its way. @default 2_000 */
  readonly inFlightMs: number;
}

export const DEFAULT_ACCESS_BOUNDS: AccessBounds = {
  revocationMs: 1_000,
  expiryMs: 6_000,
  inFlightMs: 2_000,
};

/** The end of a user's access. */
interface Denial {
  readonly event: AccessChanged;
  readonly topic: Topic | undefined;
  /** When it has to work. */
  readonly from: number;
}

/** Who may do what, and who was given something nevertheless. */
export class Access {
  readonly #bounds: AccessBounds;
  readonly #violations: Violations;
  readonly #denials = new Map<string, Denial[]>();
  /** All denials there ever were, by user: an end of a subscription may be recorded before its cause. */
  readonly #past = new Map<string, AccessChanged[]>();

  constructor(bounds: AccessBounds, violations: Violations) {
    this.#bounds = bounds;
    this.#violations = violations;
  }

  changed(event: AccessChanged): void {
    const { type, user, topic, at } = event;
    const denials = this.#denials.get(user) ?? [];
    if (type === 'access.granted') {
      const left = denials.filter((denial) => topic !== undefined && denial.topic !== topic);
      if (left.length > 0) this.#denials.set(user, left);
      else this.#denials.delete(user);
      return;
    }
    const bound = type === 'access.revoked' ? this.#bounds.revocationMs : this.#bounds.expiryMs;
    this.#denials.set(user, [...denials, { event, topic, from: at + bound }]);
    this.#past.set(user, [...(this.#past.get(user) ?? []), event]);
  }

  delivered(subscription: Subscription, event: Delivery, publication: PublicationRecord | undefined): void {
    const denial = this.#denialOf(subscription.user, subscription.topic.topic);
    if (!denial) return;
    const late = event.at - denial.from;
    const publishedAfter = publication && publication.begun.at > denial.from;
    if (!publishedAfter && late <= this.#bounds.inFlightMs) return;
    const events = [denial.event, ...(publication ? [publication.begun] : []), event];
    const about = { topic: event.topic, subscriber: event.subscriber, events };
    if (denial.event.type === 'access.expired') {
      const detail = `delivered ${seconds(event.at - denial.event.at)} after the token expired`;
      this.#violations.add('delivered-after-expiry', { ...about, detail });
    } else if (publishedAfter) {
      const detail = `published ${seconds(publication.begun.at - denial.event.at)} after the revocation, and delivered`;
      this.#violations.add('published-after-revocation', { ...about, detail });
    } else {
      const detail = `delivered ${seconds(event.at - denial.event.at)} after the revocation`;
      this.#violations.add('delivered-after-revocation', { ...about, detail });
    }
  }

  opened(event: SubscriptionOpened): void {
    const denial = this.#denialOf(event.user, event.topic);
    if (!denial || event.at <= denial.from + this.#bounds.inFlightMs) return;
    this.#violations.add('resumed-without-access', {
      topic: event.topic,
      subscriber: event.subscriber,
      detail: `subscribed ${seconds(event.at - denial.event.at)} after access had ended`,
      events: [denial.event, event],
    });
  }

  acknowledged(event: PublishAcknowledged, { begun, latestBegunAt }: PublicationRecord): void {
    if (begun.user === undefined) return;
    const denial = this.#denialOf(begun.user, begun.topic);
    if (!denial || latestBegunAt <= denial.from) return;
    this.#violations.add('acknowledged-without-access', {
      topic: begun.topic,
      detail: `user ${begun.user} published ${seconds(latestBegunAt - denial.event.at)} after access had ended`,
      events: [denial.event, begun, event],
    });
  }

  /** Whether a user may receive a topic now. */
  allows(user: string, topic: Topic): boolean {
    return this.#denialOf(user, topic) === undefined;
  }

  /** Whether a user's access to a topic ever ended before, or soon after, a time. */
  endedBy(user: string, topic: Topic, at: number): boolean {
    const events = this.#past.get(user) ?? [];
    return events.some(
      (event) =>
        (event.topic === undefined || event.topic === topic) && event.at <= at + this.#bounds.revocationMs,
    );
  }

  everEnded(user: string): boolean {
    return this.#past.has(user);
  }

  #denialOf(user: string, topic: Topic): Denial | undefined {
    return this.#denials.get(user)?.find((denial) => denial.topic === undefined || denial.topic === topic);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
