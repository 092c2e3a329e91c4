import type { Position } from '@vitalwire/protocol';
import type { Announcer } from '../announcer.ts';
import type { Publication, Topic } from '../log-store.ts';
import { Attended } from './attended.ts';
import { readChannelMessage } from './channel-message.ts';
import type { Connection } from './connection.ts';
import { NODE_HOLDS_MS } from './control.ts';
import { topicKeys } from './keys.ts';
import type { Link } from './link.ts';
import type { RedisLogSettings } from './settings.ts';
import type { TopicScripts } from './topic-scripts.ts';

/** In how many seconds every topic is compared once; it has to be done within ten. */
const COMPARE_SECONDS = 8;
/** How long a topic is listened to after its last subscriber left, in milliseconds: most come back. */
const LEAVE_AFTER_MS = 10_000;
/** Topics that are written together, so that the answers come in time. */
const WRITTEN_AT_ONCE = 200;

/** Where a log stands, as the scripts tell it. */
type State = [epoch: string, top: number];

/** In place of an epoch: Redis has forgotten who attends here. */
const FORGOTTEN = '';

/**
 * The topics that a node attends. It hears what is announced on their channels, and does not rely on it: it says regularly
 * where each log stands, over the same channels, and compares. What it should have heard and did not is reported as an
 * interruption; a channel of which nothing is heard at all ends the link.
 */
export class Attendance {
  readonly #node: string;
  readonly #settings: RedisLogSettings;
  readonly #scripts: TopicScripts;
  readonly #announcer: Announcer;
  /** The one that was compared longest ago first. */
  readonly #attended = new Map<Topic, Attended>();
  readonly #interruptionListeners: ((topic: Topic) => void)[] = [];
  #announcing = false;

  constructor(node: string, settings: RedisLogSettings, scripts: TopicScripts, announcer: Announcer) {
    this.#node = node;
    this.#settings = settings;
    this.#scripts = scripts;
    this.#announcer = announcer;
  }

  onInterruption(listener: (topic: Topic) => void): void {
    this.#interruptionListeners.push(listener);
  }

  async attend(
    topic: Topic,
    users: ReadonlyMap<string, number>,
    connection: Pick<Connection, 'tried' | 'link'>,
  ): Promise<void> {
    let attended = this.#attended.get(topic);
    if (attended === undefined) {
      if (users.size === 0) return;
      attended = new Attended(topic, users);
      this.#attended.set(topic, attended);
    }
    attended.users = users;
    attended.emptySince = users.size === 0 ? performance.now() : undefined;
    const present = attended;
    await connection.tried;
    // Asked for when its turn has come: until then it may be another one.
    await present.write(() => this.#write(connection.link, present));
  }

  /** Attends everything over a new link, and compares: what was missed is known then. */
  join(link: Link): Promise<void> {
    return this.#writeAll(link);
  }

  /** Attends nothing any more, so that nobody here is counted. */
  async leave(link: Link): Promise<void> {
    for (const attended of this.#attended.values()) attended.users = new Map();
    await this.#writeAll(link);
  }

  /** Called every second: compares a part of the topics, and leaves those that nobody follows any more. */
  async compareSome(link: Link): Promise<void> {
    // At once, so that the others are not kept waiting for their turn behind them.
    const deserted = [...this.#attended.values()].filter(isDeserted);
    await Promise.all(deserted.map((attended) => attended.write(() => this.#unfollow(link, attended))));
    const share = Math.ceil(this.#attended.size / COMPARE_SECONDS);
    const some = [...this.#attended.values()].slice(0, share);
    for (const attended of some) {
      this.#attended.delete(attended.topic);
      this.#attended.set(attended.topic, attended);
    }
    await Promise.all(some.map((attended) => this.#compareAgain(link, attended)));
  }

  async #writeAll(link: Link): Promise<void> {
    const attended = [...this.#attended.values()];
    while (attended.length > 0) {
      const some = attended.splice(0, WRITTEN_AT_ONCE);
      await Promise.all(some.map((each) => each.write(() => this.#write(link, each))));
    }
  }

  /** Subscribes to the topic's channel if it has to be, and lets Redis know who is here; then compares. */
  async #write(link: Link, attended: Attended): Promise<void> {
    if (attended.link !== link) {
      const { channel } = topicKeys(this.#settings.prefix, attended.topic);
      await link.subscribe(channel, (message) => this.#heard(link, attended, message));
      attended.startOver(link);
    }
    const { known } = attended;
    let state = await this.#count(link, attended);
    if (state?.[0] === FORGOTTEN) state = await this.#count(link, attended);
    if (state) await this.#compare(link, attended, { epoch: state[0], offset: state[1] });
    // Unless a log has begun since, and was heard of before this answer was looked at.
    else if (known && attended.known === known) this.#moved(attended, undefined);
    attended.followed = true;
  }

  /** Lets Redis know who is here, and learns where the log stands. */
  async #count(link: Link, attended: Attended): Promise<State | null> {
    const isComplete = attended.written === undefined;
    const changes = attended.changes();
    const users = new Map(attended.users);
    const own = [this.#node, NODE_HOLDS_MS, attended.count, isComplete ? 1 : 0, ...changes];
    const state = (await this.#scripts.run(link, 'attend', attended.topic, own)) as State | null;
    // Of nobody Redis keeps nothing, which cannot be told from having forgotten it.
    attended.written = state?.[0] === FORGOTTEN || users.size === 0 ? undefined : users;
    return state;
  }

  #heard(link: Link, attended: Attended, text: string): void {
    const message = readChannelMessage(text);
    if (message === undefined || attended.link !== link) return;
    const { position, publications } = message;
    const { known } = attended;
    if (publications === undefined) {
      attended.heard();
      if (attended.followed && position) this.#try(this.#compare(link, attended, position));
      return;
    }
    // The channel tells every offset once, in order. Whatever comes after this one has to be in another epoch.
    if (attended.heard(position, publications.length))
      this.#try(this.#renew(link, attended, position.epoch, Infinity));
    this.#collect(attended.topic, position.epoch, publications);
    if (known?.epoch !== position.epoch || position.offset > known.offset) attended.known = position;
  }

  #collect(topic: Topic, epoch: string, publications: readonly Publication[]): void {
    for (const publication of publications) this.#announcer.collect(topic, epoch, publication);
    if (this.#announcing) return;
    // What came in one piece over the network is announced at once.
    this.#announcing = true;
    queueMicrotask(() => {
      this.#announcing = false;
      this.#announcer.announce();
    });
  }

  /** Whether the log stands where this node believes. If not, whoever follows it has to read. */
  async #compare(link: Link, attended: Attended, state: Position): Promise<void> {
    const { known } = attended;
    if (known?.epoch !== state.epoch || known.offset < state.offset) return this.#moved(attended, state);
    // What was announced is gone, or this answer is older than what was announced since: Redis can tell.
    if (known.offset > state.offset) await this.#renew(link, attended, known.epoch, known.offset);
  }

  /** Has a new epoch begun, if the log stands below an offset that was announced in this one. */
  async #renew(link: Link, attended: Attended, epoch: string, offset: number): Promise<void> {
    const [renewed, top] = (await this.#scripts.run(link, 'renew', attended.topic, [epoch, offset])) as State;
    if (renewed !== epoch) this.#moved(attended, { epoch: renewed, offset: top });
  }

  /** What fails here is done again when the node next looks. */
  #try(work: Promise<void>): void {
    work.catch((error: unknown) => this.#settings.logger.debug({ reason: String(error) }, 'not compared'));
  }

  /** The log stands elsewhere than was announced, or there is none any more. */
  #moved(attended: Attended, position: Position | undefined): void {
    const hasJustBegun = attended.known === undefined && position?.offset === 0;
    attended.known = position;
    // Whoever attends reads afterwards; and of a log that has just begun nothing was missed.
    if (!attended.followed || hasJustBegun) return;
    for (const listener of this.#interruptionListeners) listener(attended.topic);
  }

  async #compareAgain(link: Link, attended: Attended): Promise<void> {
    if (attended.deaf) link.close(new Error(`nothing is heard of topic ${attended.topic}`));
    attended.beat();
    await attended.write(() => this.#write(link, attended));
  }

  async #unfollow(link: Link, attended: Attended): Promise<void> {
    const { topic } = attended;
    // Somebody came while this waited for its turn, and shares it.
    if (!isDeserted(attended)) return this.#write(link, attended);
    const subscribed = attended.link === link;
    attended.link = undefined;
    if (subscribed) await link.unsubscribe(topicKeys(this.#settings.prefix, topic).channel);
    // Or while it was left, and waits to subscribe again.
    if (isDeserted(attended)) this.#attended.delete(topic);
  }
}

function isDeserted({ emptySince }: Attended): boolean {
  return emptySince !== undefined && performance.now() - emptySince > LEAVE_AFTER_MS;
}
