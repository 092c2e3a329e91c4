import { randomUUID } from 'node:crypto';
import type { Position } from '@vitalwire/protocol';
import { LogUnavailableError } from '../../errors.ts';
import type { Announcer } from '../announcer.ts';
import type { Topic } from '../log-store.ts';
import type { Census, Nodes } from '../nodes.ts';
import { Attended } from './attended.ts';
import { readChannelMessage } from './channel-message.ts';
import type { Connection } from './connection.ts';
import { Control, NODE_HOLDS_MS, REVOKED } from './control.ts';
import { topicKeys } from './keys.ts';
import type { Link } from './link.ts';
import type { ServerInfo } from './server-info.ts';
import type { RedisLogSettings } from './settings.ts';
import type { TopicScripts } from './topic-scripts.ts';
import { unavailable } from './unavailable.ts';

/** How often a node says that it is there, in milliseconds. */
const TICK_MS = 1_000;
/** In how many ticks every topic is compared once; it has to be done within ten seconds. */
const COMPARE_TICKS = 8;
/** How long a topic is listened to after its last subscriber left, in milliseconds: most come back. */
const LEAVE_AFTER_MS = 10_000;
/** Beats of its own that a node may miss before its subscription counts as dead. */
const MOST_UNHEARD = 3;
/** Topics that a node takes up together over a new link, so that the answers come in time. */
const JOINED_AT_ONCE = 200;

type State = [epoch: string, top: number];

/**
 * One node among those that share the logs. It hears what is announced on the channels of the topics that it attends, and
 * does not rely on it: it says regularly where each log stands, over the same channels, and compares. What it should have
 * heard and did not is reported as an interruption; a channel of which nothing is heard at all ends the link.
 */
export class RedisNodes implements Nodes {
  readonly #id = randomUUID();
  readonly #settings: RedisLogSettings;
  readonly #scripts: TopicScripts;
  readonly #announcer: Announcer;
  readonly #control: Control;
  readonly #attended = new Map<Topic, Attended>();
  readonly #interruptionListeners: ((topic: Topic) => void)[] = [];
  readonly #ticks: NodeJS.Timeout;
  readonly #connection: () => Connection;
  #server: ServerInfo | undefined;
  #announcing = false;
  #stopped = false;
  #ticking = false;
  #unheard = 0;
  #rest: Attended[] = [];

  constructor(
    settings: RedisLogSettings,
    scripts: TopicScripts,
    announcer: Announcer,
    connection: () => Connection,
  ) {
    this.#settings = settings;
    this.#scripts = scripts;
    this.#announcer = announcer;
    this.#connection = connection;
    this.#control = new Control(settings.prefix, this.#id);
    this.#ticks = setInterval(() => void this.#tick(), TICK_MS).unref();
  }

  async attend(topic: Topic, users: ReadonlyMap<string, number>): Promise<void> {
    this.#refuseStopped();
    let attended = this.#attended.get(topic);
    if (attended === undefined) {
      if (users.size === 0) return;
      attended = new Attended(topic, users);
      this.#attended.set(topic, attended);
    }
    attended.users = users;
    attended.emptySince = users.size === 0 ? performance.now() : undefined;
    const present = attended;
    try {
      await present.write(() => this.#write(this.#connection().link, present));
    } catch (error) {
      throw unavailable(error);
    }
  }

  onInterruption(listener: (topic: Topic) => void): void {
    this.#interruptionListeners.push(listener);
  }

  async check(): Promise<void> {
    this.#refuseStopped();
    return this.#connection().check();
  }

  report(own: () => Census): void {
    this.#control.report = own;
  }

  async census(): Promise<Census> {
    this.#refuseStopped();
    void this.#connection().link;
    return this.#control.census();
  }

  async revoke(userId: string, atMs: number): Promise<void> {
    this.#refuseStopped();
    this.#control.revoke(userId, atMs);
    try {
      await this.#control.tellRevocations(this.#connection().link);
    } catch (error) {
      throw unavailable(error);
    }
  }

  onRevocation(listener: (userId: string, atMs: number) => void): void {
    this.#control.onRevocation(listener);
  }

  /** Takes its place over a new link, before anybody else uses it: what was missed is known then. */
  async join(link: Link, server: ServerInfo): Promise<void> {
    this.#server = server;
    this.#unheard = 0;
    await link.subscribe(this.#control.channel, (message) => this.#heardControl(message));
    await this.#beat(link, server);
    const attended = [...this.#attended.values()];
    while (attended.length > 0) {
      const some = attended.splice(0, JOINED_AT_ONCE);
      await Promise.all(some.map((each) => each.write(() => this.#write(link, each))));
    }
  }

  /** Says goodbye, so that the others do not count it any more. */
  async leave(link: Link): Promise<void> {
    await this.#control.leave(link);
    for (const attended of this.#attended.values()) {
      attended.users = new Map();
      await attended.write(() => this.#write(link, attended));
    }
  }

  /** Refuses what comes from now on. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#ticks);
  }

  #refuseStopped(): void {
    if (this.#stopped) throw new LogUnavailableError('the log is closed');
  }

  /** Subscribes to the topic's channel if it has to be, and lets Redis know who is here; then compares. */
  async #write(link: Link, attended: Attended): Promise<void> {
    const { topic } = attended;
    const complete = attended.link !== link;
    if (complete) {
      const { channel } = topicKeys(this.#settings.prefix, topic);
      await link.subscribe(channel, (message) => this.#heard(link, attended, message));
      attended.startOver(link);
    }
    const changes = attended.changes();
    const users = new Map(attended.users);
    const own = [this.#id, NODE_HOLDS_MS, attended.count, complete ? 1 : 0, ...changes];
    attended.beat();
    const state = (await this.#scripts.run(link, 'attend', topic, own)) as State | null;
    attended.written = users;
    if (state) await this.#compare(link, attended, { epoch: state[0], offset: state[1] });
    else if (attended.known) this.#moved(attended, undefined);
  }

  #heard(link: Link, attended: Attended, text: string): void {
    const message = readChannelMessage(text);
    if (message === undefined || attended.link !== link) return;
    const { position, publication } = message;
    const { topic, known } = attended;
    if (publication === undefined) {
      attended.heard();
      if (known && position) this.#try(this.#compare(link, attended, position));
      return;
    }
    // The channel tells every offset once, in order. Whatever comes after this one has to be in another epoch.
    if (attended.heard(position)) this.#try(this.#renew(link, attended, position.epoch, Infinity));
    this.#collect(topic, position.epoch, publication);
    if (known?.epoch !== position.epoch || position.offset > known.offset) attended.known = position;
  }

  #collect(topic: Topic, epoch: string, publication: Parameters<Announcer['collect']>[2]): void {
    this.#announcer.collect(topic, epoch, publication);
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
    const isFirst = attended.known === undefined;
    attended.known = position;
    if (isFirst) return; // whoever attends has not read yet
    for (const listener of this.#interruptionListeners) listener(attended.topic);
  }

  #heardControl(message: string): void {
    if (message === this.#id) this.#unheard = 0;
    else if (message === REVOKED) void this.#tick();
  }

  async #beat(link: Link, server: ServerInfo): Promise<void> {
    this.#unheard++;
    const lineage = await this.#control.beat(link, server);
    this.#scripts.lineage = this.#settings.address.kind === 'cluster' ? '' : lineage;
  }

  async #tick(): Promise<void> {
    const server = this.#server;
    if (this.#ticking || server === undefined) return;
    this.#ticking = true;
    try {
      const { link } = this.#connection();
      if (this.#unheard > MOST_UNHEARD) link.close(new Error('nothing is heard on the control channel'));
      await this.#beat(link, server);
      await Promise.all(this.#due().map((attended) => this.#compareOrLeave(link, attended)));
    } catch (error) {
      this.#settings.logger.debug({ reason: String(error) }, 'no beat');
    } finally {
      this.#ticking = false;
    }
  }

  /** The next part of the topics, so that each has its turn within {@link COMPARE_TICKS}. */
  #due(): Attended[] {
    if (this.#rest.length === 0) this.#rest = [...this.#attended.values()];
    return this.#rest.splice(0, Math.ceil(this.#attended.size / COMPARE_TICKS));
  }

  async #compareOrLeave(link: Link, attended: Attended): Promise<void> {
    const { topic } = attended;
    if (attended.deaf) link.close(new Error(`nothing is heard of topic ${topic}`));
    await attended.write(async () => {
      if (isDeserted(attended)) await this.#ignore(link, attended);
      else await this.#write(link, attended);
    });
  }

  async #ignore(link: Link, attended: Attended): Promise<void> {
    const { topic } = attended;
    const subscribed = attended.link === link;
    attended.link = undefined;
    if (subscribed) await link.unsubscribe(topicKeys(this.#settings.prefix, topic).channel);
    // Somebody may have come meanwhile, and waits to subscribe again.
    if (isDeserted(attended)) this.#attended.delete(topic);
  }
}

function isDeserted({ emptySince }: Attended): boolean {
  return emptySince !== undefined && performance.now() - emptySince > LEAVE_AFTER_MS;
}
