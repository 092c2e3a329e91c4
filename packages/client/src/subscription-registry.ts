import { type Command, formatPosition, type Position, parsePosition } from '@vitalwire/protocol';
import type { Received } from './connection.ts';
import type { ConnectionState } from './connection-state.ts';
import { ClientError } from './errors.ts';
import type { Settings, SubscriptionSettings } from './options.ts';
import { positionKey } from './positions.ts';
import type { LoosePublication } from './publication.ts';
import type { SubscriptionHandle } from './subscription-handle.ts';
import { type TopicHost, TopicSubscription } from './topic-subscription.ts';

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
export class SubscriptionRegistry implements TopicHost {
  readonly settings: Settings;
  readonly #link: Link;
  /** Called when the last subscription ended. */
  readonly #emptied: () => void;
  readonly #topics = new Map<number, TopicSubscription>();
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
    return this.#topics.size;
  }

  /** One more subscription of a topic. */
  add(diagnosisId: number, options: SubscriptionSettings): SubscriptionHandle {
    const known = this.#topics.get(diagnosisId);
    if (known) return known.open(options);
    const topic = new TopicSubscription(diagnosisId, this, this.#link.state);
    this.#topics.set(diagnosisId, topic);
    // Before the first handle, which begins at the position that is found.
    if (this.#link.open) topic.opened(this.#keyOf(diagnosisId));
    return topic.open(options);
  }

  // The connection

  changed(state: ConnectionState): void {
    for (const topic of this.#all()) topic.follow(state);
  }

  opened(): void {
    this.#leaving.clear();
    for (const topic of this.#all()) topic.opened(this.#keyOf(topic.diagnosisId));
  }

  received(received: Received): void {
    const { report } = this.settings;
    if (!received.message) {
      const { unknownType, place, explain } = received;
      const say = () => {
        // Not waited for: zod may have to be loaded, and the stream goes on without it.
        if (unknownType === undefined) {
          explain().then(report, (cause) =>
            report(new ClientError('invalid_message', 'an invalid message', { cause })),
          );
        } else if (this.#isNew(unknownType)) report(new ClientError('unknown_message', unknownType));
      };
      if (place) this.#find(place.diagnosis_id)?.skipped(place, say);
      else say();
      return;
    }
    const { message } = received;
    if (message.type === 'pong') return this.#passed(message.data.id);
    if (message.type === 'disconnect') return;
    const topic = this.#find(message.diagnosis_id);
    if (message.type === 'connect') topic?.connected(message.data.recovery);
    else if (message.type !== 'error') topic?.received(message as unknown as LoosePublication);
    else if (message.diagnosis_id) topic?.refused(message);
    else report(new ClientError(message.code, message.message));
  }

  close(): void {
    for (const topic of this.#all()) topic.stop('closed');
  }

  // What subscriptions ask for

  subscribe(diagnosisId: number, after: string | undefined): boolean {
    if (!this.#link.open || this.#leaving.has(diagnosisId)) return false;
    this.#link.send({
      type: 'subscribe',
      diagnosis_id: diagnosisId,
      ...(after && { after }),
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

  save(topic: TopicSubscription, key: string, position: Position): void {
    // A handler of a topic that was left may still be at work while its successor is further.
    const current = this.#topics.get(topic.diagnosisId);
    if (current && current !== topic) return;
    const save = async () => this.settings.positions.save(key, formatPosition(position));
    save().catch(this.settings.report);
  }

  ended({ diagnosisId }: TopicSubscription): void {
    this.#topics.delete(diagnosisId);
    this.leave(diagnosisId);
    if (this.size === 0) this.#emptied();
  }

  // Inside

  #all(): TopicSubscription[] {
    return [...this.#topics.values()];
  }

  #find(diagnosisId = 0): TopicSubscription | undefined {
    return this.#leaving.has(diagnosisId) ? undefined : this.#topics.get(diagnosisId);
  }

  /** Whether a message type is unknown for the first time. */
  #isNew(type: string): boolean {
    return this.#unknown.size < MAX_UNKNOWN_TYPES && this.#unknown.size < this.#unknown.add(type).size;
  }

  #passed(ping: unknown): void {
    for (const [diagnosisId, id] of [...this.#leaving]) {
      if (id !== ping) continue;
      this.#leaving.delete(diagnosisId);
      this.#topics.get(diagnosisId)?.ask();
    }
  }

  #keyOf(diagnosisId: number): string | undefined {
    const { user } = this.#link;
    return user === undefined ? undefined : positionKey(this.settings.url, user, diagnosisId);
  }
}
