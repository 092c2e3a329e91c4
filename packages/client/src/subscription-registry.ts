import { type Command, formatPosition, parsePosition, type UnreadableFrame } from '@vitalwire/protocol';
import type { Received } from './connection.ts';
import type { ConnectionState } from './connection-state.ts';
import { ClientError } from './errors.ts';
import type { Settings, SubscriptionSettings } from './options.ts';
import { positionKey } from './positions.ts';
import type { LoosePublication } from './publication.ts';
import type { SubscriptionHandle } from './subscription-handle.ts';
import { createTopic, type TopicHost, type TopicSubscription } from './topic-subscription.ts';

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
export interface SubscriptionRegistry {
  readonly size: number;
  /** One more subscription of a topic. */
  add(diagnosisId: number, options: SubscriptionSettings): SubscriptionHandle;
  /** The connection changed its state. */
  changed(state: ConnectionState): void;
  /** A socket is open. */
  opened(): void;
  received(received: Received): void;
  /** Ends every subscription. */
  close(): void;
}

/** Creates a registry. It calls `emptied` when the last subscription ended. */
export function createRegistry(settings: Settings, link: Link, emptied: () => void): SubscriptionRegistry {
  const { report, positions } = settings;
  const topics = new Map<number, TopicSubscription>();
  /**
   * Topics that were left on this socket, with the ping whose pong proves that nothing more comes of them. Until then
   * what comes belongs to the subscription that ended.
   */
  const leaving = new Map<number, number>();
  const unknown = new Set<string>();
  let pings = 0;

  const all = () => [...topics.values()];

  const find = (diagnosisId = 0) => (leaving.has(diagnosisId) ? undefined : topics.get(diagnosisId));

  const keyOf = (diagnosisId: number) =>
    link.user === undefined ? undefined : positionKey(settings.url, link.user, diagnosisId);

  const leave = (diagnosisId: number) => {
    if (!link.open) return;
    const id = ++pings;
    leaving.set(diagnosisId, id);
    link.send({ type: 'unsubscribe', diagnosis_id: diagnosisId });
    link.send({ type: 'ping', id });
  };

  const host: TopicHost = {
    settings,
    subscribe(diagnosisId, after) {
      if (!link.open || leaving.has(diagnosisId)) return false;
      link.send({ type: 'subscribe', diagnosis_id: diagnosisId, after });
      return true;
    },
    leave,
    load(key) {
      try {
        return parsePosition(positions.load(key) ?? '');
      } catch (error) {
        report(error);
        return undefined;
      }
    },
    save(topic, key, position) {
      // A handler of a topic that was left may still be at work while its successor is further.
      const current = topics.get(topic.diagnosisId);
      if (current && current !== topic) return;
      const save = async () => positions.save(key, formatPosition(position));
      save().catch(report);
    },
    ended({ diagnosisId }) {
      topics.delete(diagnosisId);
      leave(diagnosisId);
      if (topics.size === 0) emptied();
    },
  };

  /** Takes a frame that cannot be read. One of a known place is passed over in its turn. */
  const pass = ({ unknownType, place, explain }: UnreadableFrame) => {
    const say = () => {
      // Not waited for: zod may have to be loaded, and the stream goes on without it.
      if (unknownType === undefined) {
        explain().then(report, (cause) =>
          report(new ClientError('invalid_message', 'an invalid message', { cause })),
        );
      } else if (unknown.size < MAX_UNKNOWN_TYPES && unknown.size < unknown.add(unknownType).size) {
        report(new ClientError('unknown_message', unknownType));
      }
    };
    if (place) find(place.diagnosis_id)?.skipped(place, say);
    else say();
  };

  return {
    get size() {
      return topics.size;
    },
    add(diagnosisId, options) {
      const known = topics.get(diagnosisId);
      if (known) return known.open(options);
      const topic = createTopic(diagnosisId, host, link.state);
      topics.set(diagnosisId, topic);
      // Before the first handle, which begins at the position that is found.
      if (link.open) topic.opened(keyOf(diagnosisId));
      return topic.open(options);
    },
    changed(state) {
      for (const topic of all()) topic.follow(state);
    },
    opened() {
      leaving.clear();
      for (const topic of all()) topic.opened(keyOf(topic.diagnosisId));
    },
    received(received) {
      const { message } = received;
      if (!message) return pass(received);
      if (message.type === 'pong') {
        for (const [diagnosisId, id] of leaving) {
          if (id !== message.data.id) continue;
          leaving.delete(diagnosisId);
          topics.get(diagnosisId)?.ask();
        }
        return;
      }
      if (message.type === 'disconnect') return;
      const topic = find(message.diagnosis_id);
      if (message.type === 'connect') topic?.connected(message.data.recovery);
      else if (message.type !== 'error') topic?.received(message as unknown as LoosePublication);
      else if (message.diagnosis_id) topic?.refused(message);
      else report(new ClientError(message.code, message.message));
    },
    close() {
      for (const topic of all()) topic.stop('closed');
    },
  };
}
