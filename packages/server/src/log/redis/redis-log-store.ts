import { setImmediate } from 'node:timers/promises';
import { type Position, parsePosition } from '@vitalwire/protocol';
import { LogUnavailableError, OptionError } from '../../errors.ts';
import { Announcer } from '../announcer.ts';
import type {
  Announcement,
  Appended,
  Entry,
  LogState,
  LogStore,
  Page,
  PageLimit,
  Receipt,
  Topic,
} from '../log-store.ts';
import { Appends } from './appends.ts';
import { toPublication } from './channel-message.ts';
import { Connection } from './connection.ts';
import { controlKeys } from './keys.ts';
import type { Link } from './link.ts';
import { RedisNodes } from './redis-nodes.ts';
import type { TopicScript } from './scripts.ts';
import { readServerInfo, refuseUnfit, warnOfLoss } from './server-info.ts';
import type { RedisLogSettings } from './settings.ts';
import { TopicScripts } from './topic-scripts.ts';
import { unavailable } from './unavailable.ts';

/** How often a node says again which topics it appends to, in milliseconds. */
const INDEX_AGAIN_MS = 3_600_000;
/** The clocks of nodes and of Redis differ by less, in milliseconds. */
const CLOCK_SLACK_MS = 3_600_000;
/** Topics that are asked at once for what nobody received. */
const ASKED_AT_ONCE = 200;

/** Logs in Redis: every step is one script, which is atomic there; this side asks, and tells what is announced. */
export class RedisLogStore implements LogStore {
  readonly nodes: RedisNodes;
  readonly #settings: RedisLogSettings;
  readonly #scripts: TopicScripts;
  readonly #announcer: Announcer;
  readonly #appends: Appends;
  readonly #connection: Connection;
  /** Topics of which this node has said that it appends to them, since a moment in monotonic milliseconds. */
  readonly #indexed = new Set<Topic>();
  #indexedSince = performance.now();
  #closing: Promise<void> | undefined;

  constructor(settings: RedisLogSettings) {
    this.#settings = settings;
    this.#scripts = new TopicScripts(settings);
    this.#announcer = new Announcer(settings.logger);
    this.#appends = new Appends({
      scripts: this.#scripts,
      together: settings.address.kind !== 'cluster',
      connection: () => this.#connection,
      before: (link, topic) => this.#index(link, topic),
    });
    this.nodes = new RedisNodes(settings, this.#scripts, this.#announcer, () => this.#connection);
    this.#connection = new Connection({
      address: settings.address,
      commandTimeoutMs: settings.commandTimeoutMs,
      logger: settings.logger,
      prepare: (link) => this.#prepare(link),
    });
  }

  async append(topic: Topic, entry: Entry): Promise<Appended> {
    this.#refuseClosed();
    return this.#appends.add(topic, entry);
  }

  async read(topic: Topic, after: number, { publications, size }: PageLimit): Promise<Page> {
    const answer = await this.#ask('read', topic, [after, publications, size]);
    const [epoch, top, earliest, flat] = answer as [string, number, number, (string | number | null)[]];
    return { epoch, top, earliest, publications: readPage(flat) };
  }

  async state(topic: Topic): Promise<LogState> {
    const { epoch, top, earliest } = await this.read(topic, 0, { publications: 0, size: 0 });
    return { epoch, top, earliest };
  }

  async count(topic: Topic, after: number, upTo: number, userId: string): Promise<number> {
    return Number(await this.#ask('count', topic, [after, upTo, JSON.stringify(userId)]));
  }

  async received(topic: Topic, userId: string): Promise<Position | undefined> {
    const text = await this.#ask('received', topic, [JSON.stringify(userId)]);
    return typeof text === 'string' ? parsePosition(text) : undefined;
  }

  async receive(receipts: readonly Receipt[]): Promise<void> {
    const byTopic = new Map<Topic, (string | number)[]>();
    for (const { topic, userId, position } of receipts) {
      const own = byTopic.get(topic) ?? [];
      byTopic.set(topic, own);
      own.push(JSON.stringify(userId), position.epoch, position.offset);
    }
    await Promise.all([...byTopic].map(([topic, own]) => this.#ask('receive', topic, own)));
  }

  async unreceived(): Promise<Map<Topic, number>> {
    const { topics } = controlKeys(this.#settings.prefix);
    const counts = new Map<Topic, number>();
    try {
      const link = await this.#link();
      // Whatever was appended before has expired.
      const expired = Date.now() - this.#settings.retention.ageMs - INDEX_AGAIN_MS - CLOCK_SLACK_MS;
      if (expired > 0) await link.send(topics, ['ZREMRANGEBYSCORE', topics, '0', `${Math.trunc(expired)}`]);
      const known = (await link.send(topics, ['ZRANGE', topics, '0', '-1'])) as string[];
      while (known.length > 0) {
        const some = known.splice(0, ASKED_AT_ONCE).map(Number);
        const found = await Promise.all(some.map((topic) => this.#ask('unreceived', topic)));
        for (const [index, topic] of some.entries()) {
          const count = Number(found[index]);
          if (count > 0) counts.set(topic, count);
        }
      }
    } catch (error) {
      throw unavailable(error);
    }
    return counts;
  }

  onAnnouncement(listener: (announcement: Announcement) => void): void {
    if (this.#closing === undefined) this.#announcer.listen(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    await this.nodes.stop();
    // Whatever was called before this has been sent by then.
    await setImmediate();
    try {
      const { link } = this.#connection;
      await link.settled();
      await this.nodes.leave(link);
    } catch {
      // Redis is away; the other nodes will notice by themselves that this one is as well.
    }
    this.#announcer.close();
    await this.#connection.close();
  }

  async #ask(script: TopicScript, topic: Topic, own: readonly (string | number)[] = []): Promise<unknown> {
    try {
      return await this.#scripts.run(await this.#link(), script, topic, own);
    } catch (error) {
      throw unavailable(error);
    }
  }

  async #link(): Promise<Link> {
    this.#refuseClosed();
    await this.#connection.tried;
    return this.#connection.link;
  }

  #refuseClosed(): void {
    if (this.#closing !== undefined) throw new LogUnavailableError('the log is closed');
  }

  /** What has to be done over a new link before anybody may use it. */
  async #prepare(link: Link): Promise<void> {
    const { prefix, logger, address } = this.#settings;
    const { channel } = controlKeys(prefix);
    const server = await readServerInfo(link, channel);
    refuseUnfit(server);
    if (server.isOfCluster && address.kind !== 'cluster') {
      throw new OptionError(
        'url',
        'this Redis is part of a Cluster: begin the address with redis+cluster://',
      );
    }
    warnOfLoss(server, logger);
    if (address.kind !== 'cluster') await this.#scripts.load(link);
    this.#forgetIndexed();
    await this.nodes.join(link, server);
  }

  /** Notes that there is such a topic, for `unreceived`. Sent before the append, so that no append goes without. */
  #index(link: Link, topic: Topic): void {
    if (performance.now() - this.#indexedSince > INDEX_AGAIN_MS) this.#forgetIndexed();
    if (this.#indexed.has(topic)) return;
    this.#indexed.add(topic);
    const { topics } = controlKeys(this.#settings.prefix);
    link.send(topics, ['ZADD', topics, `${Date.now()}`, `${topic}`]).catch(() => this.#indexed.delete(topic));
  }

  #forgetIndexed(): void {
    this.#indexed.clear();
    this.#indexedSince = performance.now();
  }
}

function readPage(flat: readonly (string | number | null)[]): Page['publications'] {
  const publications = [];
  for (let index = 0; index < flat.length; index += 3) {
    publications.push(
      toPublication(Number(flat[index]), flat[index + 1] as string | null, String(flat[index + 2])),
    );
  }
  return publications;
}
