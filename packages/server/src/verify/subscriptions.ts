import type {
  Delivery,
  GapTold,
  SubscriberEnded,
  SubscriberReloaded,
  SubscriptionOpened,
} from './history.ts';
import { mayReceive, type Publications } from './publications.ts';
import { Subscription, type SubscriptionContext } from './subscription.ts';
import type { TopicHistory, Topics } from './topics.ts';
import type { Violations } from './violations.ts';

/** All subscriptions of a run: one for each subscriber and topic. */
export class Subscriptions {
  readonly #topics: Topics;
  readonly #context: SubscriptionContext;
  readonly #bySubscriber = new Map<string, Map<number, Subscription>>();

  constructor(topics: Topics, publications: Publications, violations: Violations) {
    this.#topics = topics;
    this.#context = {
      violate(kind, { subscriber, topic }, detail, events) {
        violations.add(kind, { topic: topic.topic, subscriber, detail, events });
      },
      isForOthers(log, offset, user) {
        const id = log.idAt(offset);
        return id !== undefined && !mayReceive(user, publications.get(id));
      },
    };
  }

  get({ subscriber, topic }: Delivery | GapTold): Subscription | undefined {
    return this.#bySubscriber.get(subscriber)?.get(topic);
  }

  /** The subscription of a `connect`, known from now on. */
  opened(event: SubscriptionOpened): Subscription {
    const subscriptions = this.#bySubscriber.get(event.subscriber) ?? new Map<number, Subscription>();
    this.#bySubscriber.set(event.subscriber, subscriptions);
    const known = subscriptions.get(event.topic);
    if (known) return known;
    const made = new Subscription(event, this.#topics.of(event.topic), this.#context);
    subscriptions.set(event.topic, made);
    return made;
  }

  reloaded({ subscriber }: SubscriberReloaded): void {
    for (const subscription of this.#bySubscriber.get(subscriber)?.values() ?? []) subscription.reloaded();
  }

  ended(event: SubscriberEnded): void {
    for (const subscription of this.#bySubscriber.get(event.subscriber)?.values() ?? []) {
      if (event.topic === undefined || event.topic === subscription.topic.topic) subscription.ended ??= event;
    }
  }

  *of(topic: TopicHistory): Iterable<Subscription> {
    for (const subscriptions of this.#bySubscriber.values()) {
      const subscription = subscriptions.get(topic.topic);
      if (subscription) yield subscription;
    }
  }

  *all(): Iterable<Subscription> {
    for (const subscriptions of this.#bySubscriber.values()) yield* subscriptions.values();
  }
}
