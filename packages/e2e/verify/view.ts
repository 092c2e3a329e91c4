import type { AnyPublication, Client, Continuity, Gap, Subscription } from '@vitalwire/client';
import type { Position } from '@vitalwire/protocol';
import { digestOf, type Recorder, readPayload } from '@vitalwire/server/verify';
import type { Random } from '../support/random.ts';
import { recordedContinuity } from './recovery.ts';
import { passed } from './subscriber.ts';

export interface ViewOptions {
  /** Of the subscriber that it is a part of. */
  readonly name: string;
  readonly user: string;
  readonly topic: number;
  readonly client: Client;
  readonly recorder: Recorder;
  readonly random: Random;
  /** Up to where the rest of the page has come: what a view begins with. */
  readonly shown: () => Position | undefined;
}

/** Part of the publications at which it is slow, and after which it is closed and opened again. */
const SLOW = 0.1;
const REOPENED = 0.01;

/**
 * A further part of a page that shows a topic: it shares the subscription, begins with a state instead of a stored position,
 * is slower than the rest, and comes and goes. With each state it is a subscriber of its own, which begins where that
 * state ends.
 */
export class View {
  readonly #options: ViewOptions;
  #subscription: Subscription;
  #name: string;
  #states = 0;
  /** Where the state of this subscriber ends, until its first `connect`. */
  #after: Position | 'earliest' | undefined;
  #passed: Position | undefined;
  #known: Continuity | undefined;
  #alive = true;

  constructor(options: ViewOptions) {
    this.#options = options;
    this.#name = this.#nextName();
    this.#subscription = this.#subscribe();
  }

  hasPassed(position: Position): boolean {
    return passed(this.#passed, position);
  }

  /** Ends it for good, with the page. */
  end(code: string): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#subscription.unsubscribe();
    this.#ended(code);
  }

  #subscribe(): Subscription {
    const { client, topic, shown } = this.#options;
    const subscription: Subscription = client.subscribe(topic, {
      loadSnapshot: () => ({ state: undefined, position: shown() ?? 'earliest' }),
      onSnapshot: (_, { position }) => this.#begin(subscription, position),
      onGap: (gap) => this.#gap(subscription, gap),
    });
    subscription.on('publication', (publication) => this.#take(subscription, publication));
    subscription.on('state', (state) => {
      if (!this.#is(subscription) || (state.name !== 'catching_up' && state.name !== 'live')) return;
      if (state.continuity !== this.#known) this.#opened(state.continuity);
    });
    return subscription;
  }

  /** Whether this is what it shows now, and not what was closed and is still at work. */
  #is(subscription: Subscription): boolean {
    return this.#alive && subscription === this.#subscription;
  }

  #begin(subscription: Subscription, position: Position | 'earliest'): void {
    if (!this.#is(subscription)) return;
    this.#ended('closed');
    this.#name = this.#nextName();
    this.#after = position;
    this.#passed = position === 'earliest' ? undefined : position;
  }

  #opened(continuity: Continuity): void {
    this.#known = continuity;
    const { recorder, user, topic } = this.#options;
    const recovery = recordedContinuity(continuity);
    this.#passed = recovery.from;
    const after = this.#after;
    this.#after = undefined;
    recorder.record({
      ...{ type: 'subscription.opened', subscriber: this.#name, user, topic, kind: 'client', recovery },
      ...(after !== undefined && { after }),
    });
  }

  #take(
    subscription: Subscription,
    { data, epoch, offset, recovered }: AnyPublication,
  ): Promise<void> | undefined {
    if (!this.#is(subscription)) return undefined;
    const { recorder, random, topic } = this.#options;
    const position = { epoch, offset };
    const id = readPayload(data)?.id ?? '';
    const digest = digestOf(data);
    recorder.record({ type: 'delivery', subscriber: this.#name, topic, position, id, digest, recovered });
    this.#passed = position;
    if (random.chance(REOPENED)) this.#reopen();
    if (!random.chance(SLOW)) return undefined;
    return new Promise((resolve) => setTimeout(resolve, 40 * random.next()));
  }

  #gap(subscription: Subscription, { reason, lastSeen, firstAvailable, from }: Gap): void {
    if (!this.#is(subscription)) return;
    const { recorder, topic } = this.#options;
    recorder.record({
      ...{ type: 'gap', subscriber: this.#name, topic, reason, lastSeen, firstAvailable, from },
    });
  }

  /** As a page does whose user goes elsewhere and comes back. */
  #reopen(): void {
    this.#subscription.unsubscribe();
    this.#subscription = this.#subscribe();
  }

  #ended(code: string): void {
    this.#options.recorder.record({ type: 'subscriber.ended', subscriber: this.#name, code });
  }

  #nextName(): string {
    return `view ${++this.#states} of ${this.#options.name}`;
  }
}
