import { randomUUID } from 'node:crypto';
import { LogUnavailableError } from '../../errors.ts';
import type { Announcer } from '../announcer.ts';
import type { Topic } from '../log-store.ts';
import type { Census, Nodes } from '../nodes.ts';
import { Attendance } from './attendance.ts';
import type { Connection } from './connection.ts';
import { Control, REVOKED } from './control.ts';
import type { Link } from './link.ts';
import { readServerInfo, refuseUnfit, type ServerInfo } from './server-info.ts';
import type { RedisLogSettings } from './settings.ts';
import type { TopicScripts } from './topic-scripts.ts';
import { unavailable } from './unavailable.ts';

/** How often a node says that it is there, in milliseconds. */
const TICK_MS = 1_000;
/** Beats of its own that a node may miss before its subscription counts as dead. */
const MOST_UNHEARD = 3;

/** One node among those that share the logs. */
export class RedisNodes implements Nodes {
  readonly #settings: RedisLogSettings;
  readonly #scripts: TopicScripts;
  readonly #id = randomUUID();
  readonly #control: Control;
  readonly #attendance: Attendance;
  readonly #ticks: NodeJS.Timeout;
  readonly #connection: () => Connection;
  #stopped = false;
  #working: Promise<void> | undefined;
  /** What the server said of itself last. */
  #server: ServerInfo | undefined;
  #unheard = 0;

  constructor(
    settings: RedisLogSettings,
    scripts: TopicScripts,
    announcer: Announcer,
    connection: () => Connection,
  ) {
    this.#settings = settings;
    this.#scripts = scripts;
    this.#control = new Control(settings.prefix, this.#id);
    this.#attendance = new Attendance(this.#id, settings, scripts, announcer);
    this.#connection = connection;
    this.#ticks = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  async attend(topic: Topic, users: ReadonlyMap<string, number>): Promise<void> {
    this.#refuseStopped();
    try {
      await this.#attendance.attend(topic, users, this.#connection());
    } catch (error) {
      throw unavailable(error);
    }
  }

  onInterruption(listener: (topic: Topic) => void): void {
    this.#attendance.onInterruption(listener);
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
    this.#unheard = 0;
    await link.subscribe(this.#control.channel, (message) => this.#heard(message));
    await this.#beatOn(link, server);
    await this.#attendance.join(link);
  }

  /** Says goodbye, so that the others do not count it any more. */
  async leave(link: Link): Promise<void> {
    await this.#control.leave(link);
    await this.#attendance.leave(link);
  }

  /** Refuses what comes from now on. Resolves when nothing goes on by itself any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#ticks);
    await this.#working;
  }

  #refuseStopped(): void {
    if (this.#stopped) throw new LogUnavailableError('the log is closed');
  }

  #heard(message: string): void {
    if (message === this.#id) this.#unheard = 0;
    else if (message === REVOKED) this.#work((link) => this.#beat(link));
  }

  #tick(): void {
    this.#work(async (link) => {
      if (this.#unheard > MOST_UNHEARD) link.close(new Error('nothing is heard on the control channel'));
      this.#unheard++;
      await this.#beat(link);
      await this.#attendance.compareSome(link);
    });
  }

  /** Does what has its time, unless that is going on. */
  #work(work: (link: Link) => Promise<void>): void {
    if (this.#working !== undefined || this.#stopped) return;
    this.#working = this.#attempt(work).finally(() => {
      this.#working = undefined;
    });
  }

  /** What fails is done again a second later. */
  async #attempt(work: (link: Link) => Promise<void>): Promise<void> {
    try {
      await work(this.#connection().link);
    } catch (error) {
      this.#settings.logger.debug({ reason: String(error) }, 'no beat');
    }
  }

  async #beat(link: Link): Promise<void> {
    await this.#beatOn(link, await this.#look(link));
  }

  async #beatOn(link: Link, server: ServerInfo): Promise<void> {
    this.#server = server;
    try {
      await this.#control.beat(link, server);
    } finally {
      this.#scripts.lineage = this.#settings.address.kind === 'cluster' ? '' : this.#control.lineage;
    }
    await this.#control.tellRevocations(link);
  }

  /** What the server has become since: another link has to be found when it will not do any more. */
  async #look(link: Link): Promise<ServerInfo> {
    try {
      const server = await readServerInfo(link, this.#control.channel, this.#server);
      refuseUnfit(server);
      return server;
    } catch (error) {
      link.close(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }
}
