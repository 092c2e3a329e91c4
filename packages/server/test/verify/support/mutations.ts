import type { CheckOptions, HistoryEvent, ViolationKind } from '../../../src/verify/index.ts';
import { TOPICS } from './world.ts';

/** What breaks a history in one place; nothing when the history does not offer that place. */
type Mutation = (history: readonly HistoryEvent[]) => HistoryEvent[] | undefined;

export interface Row {
  readonly name: string;
  readonly kind: ViolationKind;
  readonly mutate: Mutation;
  readonly options?: CheckOptions;
  /** Needs a history that was made for it: others offer the place, and there it is something else, or lawful. */
  readonly made?: true;
}

type Of<Type extends HistoryEvent['type']> = Extract<HistoryEvent, { type: Type }>;
type Delivered = Of<'delivery'>;
type Opened = Of<'subscription.opened'>;
type Revoked = HistoryEvent & { readonly type: 'access.revoked'; readonly user: string };

const [FIRST, SECOND] = TOPICS;

function of<Type extends HistoryEvent['type']>(history: readonly HistoryEvent[], type: Type): Of<Type>[] {
  return history.filter((event): event is Of<Type> => event.type === type);
}

/** The history with some events replaced, each by any number of others. */
function replace(
  history: readonly HistoryEvent[],
  by: (event: HistoryEvent) => HistoryEvent | readonly HistoryEvent[],
): HistoryEvent[] {
  return history.flatMap((event) => by(event));
}

function without(history: readonly HistoryEvent[], ...gone: (HistoryEvent | undefined)[]): HistoryEvent[] {
  return history.filter((event) => !gone.includes(event));
}

/** Inserts events behind one, at its time. */
function behind(
  history: readonly HistoryEvent[],
  event: HistoryEvent | undefined,
  ...inserted: HistoryEvent[]
): HistoryEvent[] | undefined {
  if (!event) return undefined;
  return replace(history, (each) =>
    each === event ? [each, ...inserted.map((i) => ({ ...i, at: event.at }))] : each,
  );
}

/** What a subscriber was told, in its order. */
function storyOf(history: readonly HistoryEvent[], subscriber: string): HistoryEvent[] {
  return history.filter((event) => 'subscriber' in event && event.subscriber === subscriber);
}

/** Deliveries whose neighbours in their subscriber's story satisfy. */
function deliveries(
  history: readonly HistoryEvent[],
  satisfies: (
    delivery: Delivered,
    before: HistoryEvent | undefined,
    after: HistoryEvent | undefined,
  ) => boolean,
): Delivered[] {
  const subscribers = new Set(of(history, 'delivery').map(({ subscriber }) => subscriber));
  return [...subscribers].flatMap((subscriber) => {
    const story = storyOf(history, subscriber);
    return story.filter((event, index): event is Delivered => {
      return event.type === 'delivery' && satisfies(event, story[index - 1], story[index + 1]);
    });
  });
}

const isClient = ({ subscriber }: Delivered) => subscriber.startsWith('client');
const isLive = (event: HistoryEvent | undefined) => event?.type === 'delivery' && event.recovered === false;
const middle = <T>(values: readonly T[]): T | undefined => values[values.length >> 1];

/** Whether somebody else knows that a publication exists. */
const isAcknowledged = (history: readonly HistoryEvent[], delivery: Delivered) =>
  of(history, 'publish.acknowledged').some(({ id }) => id === delivery.id);

/** Whether a publication was given to its subscriber once, as it is unless the subscriber died meanwhile. */
const isOnce = (history: readonly HistoryEvent[], { subscriber, id }: Delivered) =>
  of(history, 'delivery').filter((event) => event.subscriber === subscriber && event.id === id).length === 1;

/** A live delivery to a client between two others. */
const live = (history: readonly HistoryEvent[], topic: number = FIRST) =>
  middle(
    deliveries(history, (it, before, after) => {
      const between = isLive(it) && isLive(before) && isLive(after);
      return it.topic === topic && isClient(it) && between && isAcknowledged(history, it);
    }),
  );

/** A recovered delivery to a client, directly behind the `connect` that promised it, and not the last. */
const recovered = (history: readonly HistoryEvent[]) =>
  middle(
    deliveries(history, (it, before, after) => {
      const promised = before?.type === 'subscription.opened' && before.recovery.status === 'recovered';
      const amid = it.recovered && promised && after?.type === 'delivery';
      return isClient(it) && amid === true && isOnce(history, it) && isAcknowledged(history, it);
    }),
  );

/** The last event that a subscriber heard of, and where it then was. */
const lastOf = (history: readonly HistoryEvent[], subscriber: string) =>
  of(history, 'delivery').findLast((event) => event.subscriber === subscriber);

const retentionGap = (history: readonly HistoryEvent[]) =>
  of(history, 'gap').find(({ reason, lastSeen }) => reason === 'retention' && lastSeen.offset > 1);

/** The `connect` that says the same as a gap. */
const openingOf = (history: readonly HistoryEvent[], gap: Of<'gap'>) =>
  of(history, 'subscription.opened').find(
    ({ at, subscriber }) => subscriber === gap.subscriber && at > gap.at,
  );

const settled = (history: readonly HistoryEvent[]) => of(history, 'settled')[0];

const revocationOf = (history: readonly HistoryEvent[], user: string) =>
  history.find((event): event is Revoked => event.type === 'access.revoked' && event.user === user);

/** Changes the logs as they are read in the end. */
function inReads(topic: number, change: (read: Of<'log.read'>) => Partial<Of<'log.read'>>): Mutation {
  return (history) =>
    replace(history, (event) =>
      event.type === 'log.read' && event.topic === topic ? { ...event, ...change(event) } : event,
    );
}

/** A publication of which nobody heard yet, delivered to somebody who is kept out. */
function leakedTo(subscriber: string, user: string, ending?: 'access.expired'): Mutation {
  return (history) => {
    const last = lastOf(history, subscriber);
    const revocation = revocationOf(history, user);
    const next = of(history, 'delivery').find(
      ({ topic, position }) => topic === last?.topic && position.offset === last.position.offset + 1,
    );
    const end = settled(history);
    if (!last || !next || !revocation || !end) return undefined;
    const leak = { ...next, subscriber, at: end.at };
    return replace(history, (event) => {
      if (event === revocation && ending) return { ...revocation, type: ending };
      return event === end ? [leak, event] : event;
    });
  };
}

/** Changes every position of a topic, from a time on. */
function renamed(topic: number, from: number, change: (position: Position) => Position): Mutation {
  return (history) => {
    const topicOf = new Map(of(history, 'publish.begun').map(({ id, topic: its }) => [id, its]));
    return replace(history, (event) => {
      const its =
        event.type === 'publish.acknowledged' ? topicOf.get(event.id) : 'topic' in event && event.topic;
      return its !== topic || event.at < from ? event : withPositions(event, change);
    });
  };
}

type Position = { readonly epoch: string; readonly offset: number };

function withPositions(event: HistoryEvent, change: (position: Position) => Position): HistoryEvent {
  if (event.type === 'log.read') {
    const { epoch, earliest, top, entries } = event;
    const moved = (offset: number) => change({ epoch, offset }).offset;
    return {
      ...event,
      epoch: change({ epoch, offset: top }).epoch,
      earliest: moved(earliest),
      top: moved(top),
      entries: entries.map(({ offset, id }) => ({ offset: moved(offset), id })),
    };
  }
  // Positions are the only objects with an epoch and an offset.
  return JSON.parse(JSON.stringify(event), (_, value) =>
    typeof value?.epoch === 'string' && typeof value.offset === 'number' ? change(value) : value,
  );
}

/** Exchanges two publications everywhere but at their publishers' attempts. */
function exchanged(
  history: readonly HistoryEvent[],
  pair: readonly Of<'publish.acknowledged'>[] | undefined,
): HistoryEvent[] | undefined {
  const [a, b] = pair ?? [];
  if (!a || !b) return undefined;
  const digests = new Map(of(history, 'publish.begun').map(({ id, digest }) => [id, digest]));
  const other = (id: string) => (id === a.id ? b.id : id === b.id ? a.id : id);
  return replace(history, (event) => {
    if (event === a) return { ...a, position: b.position };
    if (event === b) return { ...b, position: a.position };
    if (event.type === 'delivery')
      return { ...event, id: other(event.id), digest: digests.get(other(event.id)) ?? '' };
    if (event.type !== 'log.read') return event;
    return { ...event, entries: event.entries.map((entry) => ({ ...entry, id: other(entry.id) })) };
  });
}

/** Two neighbours of a log, for everybody, that were acknowledged one after the other. */
function neighbours(history: readonly HistoryEvent[], samePublisher: boolean) {
  const begun = new Map(of(history, 'publish.begun').map((event) => [event.id, event]));
  const acknowledged = of(history, 'publish.acknowledged').filter(({ id, attempt }) => {
    return attempt === 1 && begun.get(id)?.to === undefined && begun.get(id)?.topic === SECOND;
  });
  for (const [index, b] of acknowledged.entries()) {
    const a = acknowledged[index - 1];
    if (!a || b.position.offset !== a.position.offset + 1) continue;
    const same = begun.get(a.id)?.publisher === begun.get(b.id)?.publisher;
    if (same === samePublisher) return [a, b];
  }
  return undefined;
}

/** A delivery replaced by a gap over it. */
function lostInGap(
  history: readonly HistoryEvent[],
  delivery: Delivered | undefined,
): HistoryEvent[] | undefined {
  if (!delivery) return undefined;
  const { at, process, subscriber, topic, position: from } = delivery;
  const gap: HistoryEvent = {
    at,
    process,
    type: 'gap',
    subscriber,
    topic,
    reason: 'retention',
    lastSeen: { ...from, offset: from.offset - 1 },
    firstAvailable: { ...from, offset: from.offset + 1 },
    from,
  };
  return replace(history, (event) => (event === delivery ? gap : event));
}

export const mutations: readonly Row[] = [
  { name: 'drop a live delivery', kind: 'skip', mutate: (it) => live(it) && without(it, live(it)) },
  {
    name: 'drop a recovered delivery',
    kind: 'false-recovered',
    mutate: (it) => recovered(it) && without(it, recovered(it)),
  },
  {
    name: 'drop the last delivery of a subscriber',
    kind: 'undelivered',
    made: true,
    mutate: (it) => {
      const last = lastOf(it, 'client-1');
      const same = of(it, 'delivery').filter(
        ({ subscriber, id }) => subscriber === 'client-1' && id === last?.id,
      );
      return same.length === 1 ? without(it, last) : undefined;
    },
  },
  {
    name: 'repeat a delivery',
    kind: 'duplicate-delivery',
    mutate: (it) => {
      const delivery = live(it);
      return delivery && behind(it, delivery, delivery);
    },
  },
  {
    name: 'repeat a frame of a plain subscriber on one connection',
    kind: 'duplicate-delivery',
    mutate: (it) =>
      behind(it, lastOf(it, 'plain-3'), ...[lastOf(it, 'plain-3')].filter((event) => event !== undefined)),
  },
  {
    name: 'swap two deliveries',
    kind: 'backwards',
    mutate: (it) => {
      const delivery = live(it);
      const story = storyOf(it, delivery?.subscriber ?? '');
      const next = delivery && story[story.indexOf(delivery) + 1];
      if (!delivery || !next) return undefined;
      return replace(it, (event) => {
        if (event === delivery) return { ...next, at: delivery.at };
        return event === next ? { ...delivery, at: next.at } : event;
      });
    },
  },
  {
    name: 'leak a delivery to another topic',
    kind: 'cross-topic',
    mutate: (it) => {
      const delivery = live(it);
      return delivery && behind(it, delivery, { ...delivery, subscriber: 'client-5', topic: SECOND });
    },
  },
  {
    name: 'leak an addressed publication to another user',
    kind: 'cross-user',
    mutate: (it) => {
      const begun = of(it, 'publish.begun').find(({ to, topic }) => to === 'user 3' && topic === FIRST);
      const delivery = of(it, 'delivery').find(({ id }) => id === begun?.id);
      return delivery && behind(it, delivery, { ...delivery, subscriber: 'client-0', recovered: false });
    },
  },
  {
    name: 'change a byte of a payload',
    kind: 'corrupted',
    mutate: (it) => {
      const delivery = live(it);
      return (
        delivery && replace(it, (event) => (event === delivery ? { ...delivery, digest: 'another' } : event))
      );
    },
  },
  {
    name: 'make a payload unreadable',
    kind: 'corrupted',
    mutate: (it) => {
      const delivery = live(it);
      return (
        delivery &&
        replace(it, (event) => (event === delivery ? { ...delivery, id: '', digest: 'x' } : event))
      );
    },
  },
  {
    name: 'deliver another publication at a position',
    kind: 'wrong-value',
    mutate: (it) => {
      const delivery = live(it);
      const other = of(it, 'delivery').find(
        ({ topic, id }) => topic === delivery?.topic && id !== delivery.id,
      );
      if (!delivery || !other) return undefined;
      const { id, digest } = other;
      return replace(it, (event) => (event === delivery ? { ...delivery, id, digest } : event));
    },
  },
  {
    name: 'deliver another publication first, and the right one to others',
    kind: 'wrong-value',
    made: true,
    mutate: (it) => {
      // One that the retention has taken since: the log cannot tell any more.
      const taken = of(it, 'log.read').find(({ topic }) => topic === FIRST)?.earliest ?? 0;
      const first = of(it, 'delivery').find(
        ({ topic, position }) => topic === FIRST && position.offset === taken - 1,
      );
      const other = of(it, 'delivery').find(({ topic, id }) => topic === FIRST && id !== first?.id);
      if (!first || !other) return undefined;
      const { id, digest } = other;
      return replace(it, (event) => (event === first ? { ...first, id, digest } : event));
    },
  },
  {
    name: 'give a client again what it had handled',
    kind: 'duplicate-delivery',
    mutate: (it) => {
      const delivery = live(it);
      if (!delivery) return undefined;
      const { position, subscriber, topic } = delivery;
      const opened = of(it, 'subscription.opened').find((event) => event.subscriber === subscriber);
      const from = { ...position, offset: position.offset - 1 };
      const recovery = { status: 'recovered' as const, from, to: position, count: 1 };
      return opened && behind(it, delivery, { ...opened, topic, after: from, recovery }, delivery);
    },
  },
  {
    name: 'deliver what was on its way, long after a revocation',
    kind: 'delivered-after-revocation',
    made: true,
    mutate: leakedTo('client-4', 'user 4'),
  },
  {
    name: 'deliver what was published after a revocation',
    kind: 'published-after-revocation',
    made: true,
    mutate: leakedTo('plain-7', 'user 7'),
  },
  {
    name: 'deliver after the token expired',
    kind: 'delivered-after-expiry',
    made: true,
    mutate: leakedTo('plain-7', 'user 7', 'access.expired'),
  },
  {
    name: 'resume after a revocation',
    kind: 'resumed-without-access',
    made: true,
    mutate: (it) => {
      const opened = of(it, 'subscription.opened').find(({ subscriber }) => subscriber === 'plain-7');
      const last = lastOf(it, 'plain-7');
      const end = settled(it);
      if (!opened || !last || !end) return undefined;
      const recovery = { status: 'recovered' as const, from: last.position, to: last.position, count: 0 };
      const resumed: Opened = { ...opened, at: end.at, recovery };
      return replace(it, (event) => (event === end ? [resumed, event] : event));
    },
  },
  {
    name: 'acknowledge a publication of a revoked user',
    kind: 'acknowledged-without-access',
    made: true,
    mutate: (it) => {
      const revocation = revocationOf(it, 'user 4');
      return revocation && behind(it, revocation, { ...revocation, user: 'publisher' });
    },
  },
  {
    name: 'remove a gap',
    kind: 'skip',
    made: true,
    mutate: (it) => retentionGap(it) && without(it, retentionGap(it)),
  },
  {
    name: 'announce a gap where nothing is missing',
    kind: 'false-gap',
    mutate: (it) => {
      const delivery = live(it);
      if (!delivery) return undefined;
      const { subscriber, topic, position } = delivery;
      const firstAvailable = { ...position, offset: position.offset + 1 };
      const about = { process: delivery.process, at: delivery.at, subscriber, topic };
      const reason = 'retention' as const;
      return behind(it, delivery, {
        ...about,
        type: 'gap',
        reason,
        lastSeen: position,
        firstAvailable,
        from: position,
      });
    },
  },
  {
    name: 'lose in a gap what the log still holds',
    kind: 'false-gap',
    made: true,
    mutate: (it) => lostInGap(it, live(it, SECOND)),
  },
  {
    name: 'lose in a gap what the log held at that time',
    kind: 'false-gap',
    made: true,
    mutate: (it) => lostInGap(it, live(it, FIRST)),
    options: { retention: 3 },
  },
  {
    name: 'let a gap begin too early',
    kind: 'inexact-gap',
    made: true,
    mutate: (it) => {
      const gap = retentionGap(it);
      if (!gap) return undefined;
      const lastSeen = { ...gap.lastSeen, offset: gap.lastSeen.offset - 1 };
      return replace(it, (event) => (event === gap ? { ...gap, lastSeen } : event));
    },
  },
  {
    name: 'let a gap begin too late',
    kind: 'inexact-gap',
    made: true,
    mutate: (it) => {
      const gap = retentionGap(it);
      if (!gap) return undefined;
      const lastSeen = { ...gap.lastSeen, offset: gap.lastSeen.offset + 1 };
      return replace(it, (event) => (event === gap ? { ...gap, lastSeen } : event));
    },
  },
  {
    name: 'claim recovered instead of a gap',
    kind: 'false-recovered',
    made: true,
    mutate: (it) => {
      const gap = retentionGap(it);
      const opened = gap && openingOf(it, gap);
      if (!opened) return undefined;
      const { from, to, count } = opened.recovery;
      return replace(it, (event) => {
        if (event === gap) return [];
        return event === opened ? { ...opened, recovery: { status: 'recovered', from, to, count } } : event;
      });
    },
  },
  {
    name: 'begin a recovery one too late',
    kind: 'false-recovered',
    made: true,
    mutate: (it) => {
      const opened = of(it, 'subscription.opened').find(
        ({ recovery, kind }) => recovery.status === 'recovered' && recovery.count > 1 && kind === 'client',
      );
      if (!opened) return undefined;
      const { recovery, subscriber, at } = opened;
      const first = of(it, 'delivery').find((event) => event.subscriber === subscriber && event.at > at);
      const late = { ...recovery, from: first?.position ?? recovery.from, count: recovery.count - 1 };
      return without(
        replace(it, (event) => (event === opened ? { ...opened, recovery: late } : event)),
        first,
      );
    },
  },
  {
    name: 'count one too many',
    kind: 'wrong-count',
    mutate: (it) => {
      const opened = of(it, 'subscription.opened').find(({ recovery }) => recovery.status === 'recovered');
      if (!opened) return undefined;
      const recovery = { ...opened.recovery, count: opened.recovery.count + 1 };
      return replace(it, (event) => (event === opened ? { ...opened, recovery } : event));
    },
  },
  {
    name: 'acknowledge another position',
    kind: 'inconsistent-offset',
    made: true,
    mutate: (it) => {
      const acknowledged = middle(of(it, 'publish.acknowledged'));
      if (!acknowledged) return undefined;
      const { position } = acknowledged;
      const other = { ...acknowledged, position: { ...position, offset: position.offset - 1 } };
      return replace(it, (event) => (event === acknowledged ? other : event));
    },
  },
  {
    name: 'answer a repeated publish with another position',
    kind: 'duplicate-append',
    mutate: (it) => {
      const again = of(it, 'publish.acknowledged').find(({ attempt }) => attempt === 2);
      const first = of(it, 'publish.acknowledged').find(({ id, position }) => {
        return id !== again?.id && position.epoch === again?.position.epoch;
      });
      return again && first && behind(it, again, { ...again, position: first.position });
    },
  },
  {
    name: 'append a publication twice',
    kind: 'duplicate-append',
    made: true,
    mutate: inReads(SECOND, ({ entries, top }) => ({
      top: top + 1,
      entries: [...entries, { offset: top + 1, id: entries.at(-2)?.id ?? '' }],
    })),
  },
  {
    name: 'lose an acknowledged publication from the middle of the log',
    kind: 'lost-ack',
    made: true,
    mutate: inReads(SECOND, ({ entries }) => ({ entries: entries.toSpliced(entries.length >> 1, 1) })),
  },
  {
    name: 'lose the end of the log',
    kind: 'lost-ack',
    made: true,
    mutate: inReads(SECOND, ({ entries, top }) => ({ top: top - 1, entries: entries.slice(0, -1) })),
  },
  {
    name: 'deliver what nobody published',
    kind: 'phantom',
    mutate: (it) => {
      const last = lastOf(it, 'plain-3');
      if (!last) return undefined;
      const position = { ...last.position, offset: last.position.offset + 1 };
      return replace(it, (event) =>
        event.type === 'settled' ? [{ ...last, at: event.at, id: 'nobody', position }, event] : event,
      );
    },
  },
  {
    name: 'find in the log what nobody published',
    kind: 'phantom',
    mutate: inReads(SECOND, ({ entries, top }) => ({
      top: top + 1,
      entries: [...entries, { offset: top + 1, id: 'nobody' }],
    })),
  },
  {
    name: 'show what was refused',
    kind: 'aborted-visible',
    mutate: (it) => {
      const seen = new Set(of(it, 'delivery').map(({ id }) => id));
      const answered = new Set(of(it, 'publish.acknowledged').map(({ id }) => id));
      const unknown = of(it, 'publish.unknown').find(({ id }) => seen.has(id) && !answered.has(id));
      if (!unknown) return undefined;
      const failed = { ...unknown, type: 'publish.failed' as const, code: 'unavailable' };
      return replace(it, (event) => (event === unknown ? failed : event));
    },
  },
  {
    name: 'deliver what is not in the log',
    kind: 'uncommitted-visible',
    made: true,
    mutate: inReads(FIRST, ({ entries, top }) => ({ top: top - 1, entries: entries.slice(0, -1) })),
  },
  {
    name: 'leave an offset without a publication',
    kind: 'hole',
    made: true,
    mutate: renamed(SECOND, 0, ({ epoch, offset }) => ({ epoch, offset: offset > 4 ? offset + 1 : offset })),
  },
  {
    name: 'change the epoch without a word',
    kind: 'epoch-lie',
    made: true,
    mutate: (it) =>
      renamed(SECOND, revocationOf(it, 'user 7')?.at ?? 0, ({ offset }) => ({ epoch: 'new', offset }))(it),
  },
  {
    name: 'change the epoch without a word, where epochs may change',
    kind: 'epoch-lie',
    made: true,
    mutate: (it) =>
      renamed(SECOND, revocationOf(it, 'user 7')?.at ?? 0, ({ offset }) => ({ epoch: 'new', offset }))(it),
    options: { epochs: 'may-change' },
  },
  {
    name: 'go back in the log and keep the epoch',
    kind: 'epoch-lie',
    mutate: (it) => {
      const last = lastOf(it, 'client-1');
      if (!last) return undefined;
      const { subscriber, topic, position: lastSeen } = last;
      const about = { process: last.process, at: last.at, subscriber, topic };
      const firstAvailable = { ...lastSeen, offset: lastSeen.offset + 1 };
      const reason = 'position_unknown' as const;
      return behind(it, last, { ...about, type: 'gap', reason, lastSeen, firstAvailable, from: lastSeen });
    },
  },
  {
    name: 'let two nodes end differently',
    kind: 'node-divergence',
    made: true,
    mutate: inReads(SECOND, ({ node, entries, top }) =>
      node === 'node-2' ? { top: top - 1, entries: entries.slice(0, -1) } : {},
    ),
  },
  {
    name: 'let two nodes differ in the middle',
    kind: 'node-divergence',
    made: true,
    mutate: inReads(SECOND, ({ node, entries }) =>
      node === 'node-2' ? { entries: entries.toSpliced(2, 1, { offset: 3, id: 'other' }) } : {},
    ),
  },
  {
    name: 'exchange two publications of a publisher',
    kind: 'publisher-reorder',
    mutate: (it) => exchanged(it, neighbours(it, true)),
  },
  {
    name: 'exchange two publications of different publishers',
    kind: 'realtime-reorder',
    mutate: (it) => exchanged(it, neighbours(it, false)),
  },
  {
    name: 'end a subscription without a reason',
    kind: 'undelivered',
    made: true,
    mutate: (it) =>
      replace(it, (event) =>
        event.type === 'settled'
          ? [
              {
                at: event.at,
                process: 'world',
                type: 'subscriber.ended',
                subscriber: 'client-0',
                code: 'access_denied',
              },
              event,
            ]
          : event,
      ),
  },
];
