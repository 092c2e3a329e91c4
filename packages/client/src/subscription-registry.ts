import { type Command, formatAfter, formatPosition, type Position, parsePosition } from '@vitalwire/protocol';
import type { Received } from './connection.ts';
import type { ConnectionState } from './connection-state.ts';
import { ClientError } from './errors.ts';
import type { Settings, SubscribeOptions, subscribeSettings } from './options.ts';
import { positionKey } from './positions.ts';
import type { LoosePublication } from './publication.ts';
import { type SubscriptionHost, TopicSubscription } from './topic-subscription.ts';

/** The connection, as the registry needs it. */
export interface Link {
  readonly open: boolean;
  readonly user: string | undefined;
  readonly state: ConnectionState;
  send(command: Command): void;
}

/** Most unknown message types that are told apart, so that a server cannot fill this memory. */
const MAX_UNKNOWN_TYPES = 100;

/** What is subscribed to, whatever the connection does: it is asked for again on each new socket. */
export class SubscriptionRegistry implements SubscriptionHost {
  readonly settings: Settings;
  readonly #link: Link;
  /** Called when the last subscription ended. */
  readonly #emptied: () => void;
  readonly #subscriptions = new Map<number, TopicSubscription>();
  /**
   * Topics that were left on this socket, with the ping whose pong proves that nothing more comes of them. Until then
   * what comes belongs to the subscription that ended.
   */
  readonly #leaving = new Map<number, number>();
  readonly #unknown = new Set<string>();
  #pings = 0;

  constructor(settings: Settings, link: Link, emptied: () => void) {
    this.settings = settings;
    this.#link = link;
    this.#emptied = emptied;
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  /** @throws {ClientError} `already_subscribed`. */
  add(diagnosisId: number, { onGap, after }: ReturnType<typeof subscribeSettings>): TopicSubscription {
    if (this.#subscriptions.has(diagnosisId)) throw new ClientError('already_subscribed', `${diagnosisId}`);
    const subscription = new TopicSubscription(diagnosisId, this, onGap, after);
    this.#subscriptions.set(diagnosisId, subscription);
    subscription.follow(this.#link.state);
    if (this.#link.open) subscription.opened(this.#keyOf(diagnosisId));
    return subscription;
  }

  // The connection

  changed(state: ConnectionState): void {
    for (const subscription of this.#all()) subscription.follow(state);
  }

  opened(): void {
    this.#leaving.clear();
    for (const subscription of this.#all()) subscription.opened(this.#keyOf(subscription.diagnosisId));
  }

  received(received: Received): void {
    if ('unreadable' in received) {
      const { unknownType, diagnosisId, position, explain } = received.unreadable;
      const { report } = this.settings;
      const say = () => {
        // Not waited for: zod may have to be loaded, and the stream goes on without it.
        if (unknownType === undefined) void explain().then(report);
        else if (this.#isNew(unknownType)) report(new ClientError('unknown_message', unknownType));
      };
      if (position && diagnosisId) this.#find(diagnosisId)?.skipped(position, say);
      else say();
      return;
    }
    const { message } = received;
    if (message.type === 'pong') this.#passed(message.data.id);
    else if (message.type === 'connect') this.#find(message.diagnosis_id)?.connected(message.data.recovery);
    else if (message.type !== 'error') {
      const publication = message as unknown as LoosePublication;
      this.#find(publication.diagnosis_id)?.received(publication);
    } else if (message.diagnosis_id) this.#find(message.diagnosis_id)?.refused(message);
    else this.settings.report(new ClientError(message.code, message.message));
  }

  close(): void {
    for (const subscription of this.#all()) subscription.stop('closed');
  }

  // What subscriptions ask for

  subscribe(diagnosisId: number, after: SubscribeOptions['after']): boolean {
    if (!this.#link.open || this.#leaving.has(diagnosisId)) return false;
    this.#link.send({
      type: 'subscribe',
      diagnosis_id: diagnosisId,
      ...(after && { after: formatAfter(after) }),
    });
    return true;
  }

  leave(diagnosisId: number): void {
    if (!this.#link.open) return;
    const id = ++this.#pings;
    this.#leaving.set(diagnosisId, id);
    this.#link.send({ type: 'unsubscribe', diagnosis_id: diagnosisId });
    this.#link.send({ type: 'ping', id });
  }

  load(key: string): Position | undefined {
    try {
      return parsePosition(this.settings.positions.load(key) ?? '');
    } catch (error) {
      this.settings.report(error);
      return undefined;
    }
  }

  save(subscription: TopicSubscription, key: string, position: Position): void {
    // A handler of a subscription that ended may still be at work while its successor is further.
    const current = this.#subscriptions.get(subscription.diagnosisId);
    if (current && current !== subscription) return;
    const save = async () => this.settings.positions.save(key, formatPosition(position));
    save().catch(this.settings.report);
  }

  ended(subscription: TopicSubscription): void {
    this.#subscriptions.delete(subscription.diagnosisId);
    this.leave(subscription.diagnosisId);
    if (this.size === 0) this.#emptied();
  }

  // Inside

  #all(): TopicSubscription[] {
    return [...this.#subscriptions.values()];
  }

  #find(diagnosisId: number): TopicSubscription | undefined {
    return this.#leaving.has(diagnosisId) ? undefined : this.#subscriptions.get(diagnosisId);
  }

  /** Whether a message type is unknown for the first time. */
  #isNew(type: string): boolean {
    return this.#unknown.size < MAX_UNKNOWN_TYPES && this.#unknown.size < this.#unknown.add(type).size;
  }

  #passed(ping: unknown): void {
    for (const [diagnosisId, id] of [...this.#leaving]) {
      if (id !== ping) continue;
      this.#leaving.delete(diagnosisId);
      this.#subscriptions.get(diagnosisId)?.ask();
    }
  }

  #keyOf(diagnosisId: number): string | undefined {
    const { user } = this.#link;
    return user === undefined ? undefined : positionKey(this.settings.url, user, diagnosisId);
  }
}
