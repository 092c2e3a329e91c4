import type { GapReason, Position } from '@vitalwire/protocol';
import {
  digestOf,
  feedbackPayload,
  type HistoryEvent,
  type Recorded,
  type RecordedRecovery,
  type SubscriberKind,
} from '../../../src/verify/index.ts';

/** What happens in a world, one after another. Numbers choose among publishers, topics and subscribers. */
export type Command =
  | { do: 'publish'; publisher: number; topic: number; to: number | undefined; outcome: Outcome }
  | { do: 'cut'; subscriber: number }
  /** It takes nothing for a while, until it is resumed. */
  | { do: 'pause'; subscriber: number }
  /** `unproven`: so many of the last deliveries were not proven, and come again to a plain subscriber. */
  | { do: 'resume'; subscriber: number; unproven: number }
  | { do: 'reload'; subscriber: number }
  | { do: 'trim'; topic: number; keep: number }
  | { do: 'newEpoch'; topic: number; keep: number }
  | { do: 'revoke'; subscriber: number }
  | { do: 'grant'; subscriber: number };

export type Outcome = 'acknowledged' | 'refused' | 'refused once' | 'repeated' | 'unanswered' | 'lost';

export const TOPICS = [501, 502] as const;
const PUBLISHERS = ['pub-0', 'pub-1'] as const;

interface Log {
  epoch: string;
  /** Offset of the first entry that is kept. */
  earliest: number;
  entries: { offset: number; id: string; to: string | undefined }[];
}

interface Follower {
  readonly name: string;
  readonly user: string;
  readonly kind: SubscriberKind;
  readonly topic: number;
  connected: boolean;
  paused: boolean;
  /** Everything up to here was given to it, or announced. */
  position: Position | undefined;
  /** What it was given last. */
  last: { position: Position; id: string } | undefined;
}

/** A world in which every promise is kept: it does what commands say, and writes the history of it. */
export class World {
  readonly history: HistoryEvent[] = [];
  readonly #logs = new Map<number, Log>();
  readonly #digests = new Map<string, string>();
  readonly #counters = new Map<string, number>();
  readonly #followers: Follower[] = [];
  readonly #denied = new Set<string>();
  /** What users received, by topic and user. */
  readonly #receipts = new Map<string, Position>();
  #now = 1_000;
  #epochs = 0;

  constructor() {
    this.#record({ type: 'run.begun', seed: 1, about: { log: 'imagined' } });
    for (const topic of TOPICS) {
      this.#logs.set(topic, { epoch: this.#epoch(), earliest: 1, entries: [] });
      for (const kind of ['client', 'client', 'plain', 'plain'] as const) {
        const name = `${kind}-${this.#followers.length}`;
        // The third of a topic is another device of the second one's user.
        const user = `user ${this.#followers.length - (this.#followers.length % 4 === 2 ? 1 : 0)}`;
        const apart = { connected: false, paused: false, position: undefined, last: undefined };
        this.#followers.push({ name, user, kind, topic, ...apart });
      }
    }
    for (const follower of this.#followers) this.#connect(follower, 0);
  }

  /** Does everything, comes to rest, and reads the logs. */
  static of(commands: readonly Command[]): HistoryEvent[] {
    const world = new World();
    for (const command of commands) world.#do(command);
    world.#rest();
    return world.history;
  }

  #do(command: Command): void {
    const { do: verb } = command;
    if (verb === 'publish') this.#publish(command);
    else if (verb === 'trim') this.#trim(pick(TOPICS, command.topic), command.keep);
    else if (verb === 'newEpoch') this.#newEpoch(pick(TOPICS, command.topic), command.keep);
    else {
      const follower = pick(this.#followers, command.subscriber);
      if (verb === 'cut') this.#cut(follower);
      else if (verb === 'pause') follower.paused = true;
      else if (verb === 'resume') this.#resume(follower, command.unproven);
      else if (verb === 'reload') this.#reload(follower);
      else if (verb === 'revoke') this.#revoke(follower);
      else this.#grant(follower);
    }
  }

  #publish({ publisher, topic, to, outcome }: Extract<Command, { do: 'publish' }>): void {
    const author = pick(PUBLISHERS, publisher);
    const where = pick(TOPICS, topic);
    const counter = (this.#counters.get(`${author} ${where}`) ?? 0) + 1;
    this.#counters.set(`${author} ${where}`, counter);
    const id = `${author}-${where}-${counter}`;
    const user = to === undefined ? undefined : pick(this.#followers, to).user;
    const facts = { id, topic: where, publisher: author, counter, ...(user !== undefined && { to: user }) };
    const digest = digestOf(feedbackPayload(facts));
    this.#digests.set(id, digest);
    const begin = (attempt: number) =>
      this.#record({
        type: 'publish.begun',
        publisher: author,
        user: 'publisher',
        id,
        topic: where,
        ...(user !== undefined && { to: user }),
        key: id,
        attempt,
        counter,
        digest,
      });
    const acknowledge = (attempt: number, position: Position) =>
      this.#record({ type: 'publish.acknowledged', id, attempt, position });
    const unknown = () => this.#record({ type: 'publish.unknown', id, attempt: 1, reason: 'ECONNRESET' });
    const refuse = () => this.#record({ type: 'publish.failed', id, attempt: 1, code: 'unavailable' });

    begin(1);
    if (outcome === 'refused') refuse();
    else if (outcome === 'lost') unknown();
    else if (outcome === 'acknowledged') acknowledge(1, this.#append(where, id, user));
    else if (outcome === 'unanswered') {
      this.#append(where, id, user);
      unknown();
    } else if (outcome === 'repeated') {
      const position = this.#append(where, id, user);
      unknown();
      begin(2);
      acknowledge(2, position);
    } else {
      refuse();
      begin(2);
      acknowledge(2, this.#append(where, id, user));
    }
  }

  #append(topic: number, id: string, to: string | undefined): Position {
    const log = this.#log(topic);
    const offset = top(log) + 1;
    log.entries.push({ offset, id, to });
    for (const follower of this.#followers) {
      if (follower.connected && !follower.paused && follower.topic === topic) this.#supply(follower);
    }
    return { epoch: log.epoch, offset };
  }

  #cut(follower: Follower): void {
    if (!follower.connected) return;
    const fault = { fault: 'cut', target: follower.name };
    this.#record({ type: 'fault.begun', ...fault });
    follower.connected = false;
    follower.paused = false;
    this.#record({ type: 'connection.closed', subscriber: follower.name, code: 1006, reason: '' });
    this.#record({ type: 'fault.ended', ...fault, effect: 1 });
  }

  #resume(follower: Follower, unproven: number): void {
    const { paused, connected, position } = follower;
    follower.paused = false;
    if (paused && connected && position) this.#goOn(follower, position);
    else this.#connect(follower, unproven);
  }

  /** A connection goes on where it is, unless the retention has overtaken it. */
  #goOn(follower: Follower, position: Position): void {
    const log = this.#log(follower.topic);
    if (position.epoch !== log.epoch) this.#gap(follower, 'epoch_changed', position);
    else if (position.offset + 1 < log.earliest) this.#gap(follower, 'retention', position);
    else this.#supply(follower);
  }

  #connect(follower: Follower, unproven: number): void {
    if (follower.connected || this.#denied.has(follower.user)) return;
    follower.connected = true;
    const { kind, position, topic, user } = follower;
    const log = this.#log(topic);
    const receipt = this.#receipts.get(`${topic} ${user}`);
    if (kind === 'client' && position) return this.#openAfter(follower, position);
    if (!receipt) return this.#open(follower, { status: 'fresh', from: log.earliest - 1 });
    // The receipt may lag behind what was received; it does not go back before this epoch.
    this.#openAfter(follower, { epoch: receipt.epoch, offset: Math.max(0, receipt.offset - unproven) });
  }

  #openAfter(follower: Follower, after: Position): void {
    const log = this.#log(follower.topic);
    if (after.epoch !== log.epoch) return this.#gap(follower, 'epoch_changed', after);
    if (after.offset + 1 < log.earliest) return this.#gap(follower, 'retention', after);
    this.#open(follower, { status: 'recovered', from: after.offset });
  }

  #gap(follower: Follower, reason: GapReason, lastSeen: Position): void {
    const { epoch, earliest } = this.#log(follower.topic);
    const gap = { reason, lastSeen, firstAvailable: { epoch, offset: earliest } };
    if (follower.kind === 'client') {
      const from = { epoch, offset: earliest - 1 };
      this.#record({ type: 'gap', subscriber: follower.name, topic: follower.topic, ...gap, from });
    }
    this.#open(follower, { status: 'gap', from: earliest - 1, ...gap });
  }

  #open(
    follower: Follower,
    { from, ...said }: Omit<RecordedRecovery, 'from' | 'to' | 'count'> & { from: number },
  ) {
    const log = this.#log(follower.topic);
    const { epoch } = log;
    const count = visible(log, follower.user).filter(({ offset }) => offset > from).length;
    this.#record({
      type: 'subscription.opened',
      subscriber: follower.name,
      user: follower.user,
      topic: follower.topic,
      kind: follower.kind,
      ...(follower.kind === 'client' && follower.position && { after: follower.position }),
      recovery: { ...said, from: { epoch, offset: from }, to: { epoch, offset: top(log) }, count },
    });
    follower.position = { epoch, offset: from };
    this.#receive(follower);
    this.#supply(follower, top(log));
  }

  /** Gives a follower what it has not, as far as it may see it. */
  #supply(follower: Follower, recoveredUpTo = 0): void {
    const log = this.#log(follower.topic);
    const from = follower.position?.offset ?? 0;
    for (const { offset, id } of visible(log, follower.user)) {
      if (offset > from) this.#deliver(follower, { epoch: log.epoch, offset }, id, offset <= recoveredUpTo);
    }
    // The server's place moves on over what is for others; a client's does not.
    if (follower.kind === 'plain') follower.position = { epoch: log.epoch, offset: top(log) };
    this.#receive(follower);
  }

  #receive({ topic, user, position }: Follower): void {
    const key = `${topic} ${user}`;
    const before = this.#receipts.get(key);
    if (position && (before?.epoch !== position.epoch || before.offset < position.offset)) {
      this.#receipts.set(key, position);
    }
  }

  #deliver(follower: Follower, position: Position, id: string, recovered: boolean): void {
    const digest = this.#digests.get(id) ?? '';
    const { name: subscriber, topic, kind } = follower;
    this.#record({
      type: 'delivery',
      subscriber,
      topic,
      position,
      id,
      digest,
      ...(kind === 'client' && { recovered }),
    });
    follower.position = position;
    follower.last = { position, id };
  }

  /** A client that is handling its last publication dies, and is given it again. */
  #reload(follower: Follower): void {
    const { kind, last, position, paused } = follower;
    if (kind !== 'client' || !follower.connected || paused || !last || last.position !== position) return;
    follower.connected = false;
    this.#record({ type: 'subscriber.reloaded', subscriber: follower.name });
    const log = this.#log(follower.topic);
    if (position.epoch !== log.epoch || position.offset < log.earliest) return this.#connect(follower, 0);
    follower.connected = true;
    follower.position = { epoch: position.epoch, offset: position.offset - 1 };
    this.#openAfter(follower, follower.position);
  }

  #trim(topic: number, keep: number): void {
    const log = this.#log(topic);
    // Connected followers have everything already.
    log.entries = log.entries.slice(Math.max(0, log.entries.length - Math.max(keep, 1)));
    log.earliest = log.entries[0]?.offset ?? log.earliest;
  }

  #newEpoch(topic: number, keep: number): void {
    const log = this.#log(topic);
    const kept = log.entries.slice(log.entries.length - Math.min(keep, log.entries.length));
    const entries = kept.map((entry, index) => ({ ...entry, offset: index + 1 }));
    this.#logs.set(topic, { epoch: this.#epoch(), earliest: 1, entries });
    for (const follower of this.#followers) {
      if (follower.connected && !follower.paused && follower.topic === topic && follower.position) {
        this.#gap(follower, 'epoch_changed', follower.position);
      }
    }
  }

  #revoke({ name, user, topic }: Follower): void {
    if (this.#denied.has(user)) return;
    this.#denied.add(user);
    for (const follower of this.#followers)
      if (follower.user === user) Object.assign(follower, { connected: false, paused: false });
    this.#record({ type: 'connection.closed', subscriber: name, code: 1008, reason: 'access_denied' });
    this.#record({ type: 'access.revoked', user, topic });
    this.#now += 10_000;
  }

  #grant({ user, topic }: Follower): void {
    if (this.#denied.delete(user)) this.#record({ type: 'access.granted', user, topic });
  }

  #rest(): void {
    for (const follower of this.#followers) this.#resume(follower, 1);
    this.#record({ type: 'sample', loopDelayMs: 1, rssBytes: 1e6 });
    this.#record({ type: 'settled' });
    for (const topic of TOPICS) {
      const { epoch, earliest, entries } = this.#log(topic);
      for (const node of ['node-1', 'node-2']) {
        const read = entries.map(({ offset, id }) => ({ offset, id }));
        this.#record({
          type: 'log.read',
          node,
          topic,
          epoch,
          earliest,
          top: top(this.#log(topic)),
          entries: read,
        });
      }
    }
  }

  #log(topic: number): Log {
    return this.#logs.get(topic) as Log;
  }

  #epoch(): string {
    this.#epochs++;
    return `epoch${this.#epochs}`;
  }

  #record(event: Recorded): void {
    this.#now += 1;
    this.history.push({ at: this.#now, process: 'world', ...event });
  }
}

function top({ earliest, entries }: Log): number {
  return entries.at(-1)?.offset ?? earliest - 1;
}

function visible({ entries }: Log, user: string): Log['entries'] {
  return entries.filter(({ to }) => to === undefined || to === user);
}

function pick<T>(values: readonly T[], number: number): T {
  return values[number % values.length] as T;
}
