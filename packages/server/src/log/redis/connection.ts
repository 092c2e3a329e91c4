import { setTimeout as wait } from 'node:timers/promises';
import { LogUnavailableError, OptionError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { Address, Host } from './address.ts';
import { clusterDriver, type Driver, type RedisModule, singleDriver } from './driver.ts';
import { Link } from './link.ts';

interface ConnectionSettings {
  readonly address: Address;
  readonly commandTimeoutMs: number;
  readonly logger: Logger;
  /** Everything that has to be done before anybody may use a new link. */
  readonly prepare: (link: Link) => Promise<void>;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** How often the Sentinels are asked whether the master is still the same, in milliseconds. */
const ASK_AGAIN_MS = 1_000;

/** Keeps a link to Redis: makes another one when it is lost, for as long as it takes. */
export class Connection {
  readonly #settings: ConnectionSettings;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #link: Link | undefined;
  /** Links that are not in use yet. */
  readonly #opening = new Set<Link>();
  /** The server that the Sentinels named. */
  #master: Host | undefined;
  #failure: unknown;
  #reported: string | undefined;
  #hasTried: () => void = () => {};
  /** Resolves when the first attempt to connect has succeeded or failed: before that, it is worth waiting. */
  readonly tried: Promise<void>;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.tried = new Promise((resolve) => {
      this.#hasTried = resolve;
    });
    this.#running = this.#run();
  }

  /**
   * The link in use.
   *
   * @throws {LogUnavailableError} when there is none now.
   */
  get link(): Link {
    if (this.#link) return this.#link;
    throw new LogUnavailableError('Redis cannot be reached now', this.#failure);
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /**
   * Resolves when Redis can be used.
   *
   * @throws {OptionError} when this Redis cannot be used as it is.
   * @throws {LogUnavailableError} when it cannot be reached.
   */
  async check(): Promise<void> {
    await this.tried;
    if (!this.#link && this.#failure instanceof OptionError) throw this.#failure;
    void this.link;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const reason = new Error('the log is closed');
    for (const link of this.#opening) link.close(reason);
    this.#link?.close(reason);
    await this.#running;
    this.#hasTried();
  }

  async #run(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!this.closed) {
      try {
        const link = await this.#open();
        if (this.closed) return link.close(new Error('the log is closed'));
        const openedAt = performance.now();
        this.#link = link;
        this.#reported = undefined;
        this.#settings.logger.info({ redis: this.#settings.address.shown }, 'connected to Redis');
        this.#hasTried();
        if (this.#master) void this.#watchMaster(link, this.#master);
        this.#failure = await link.lost;
        this.#link = undefined;
        // A link that did not last is no reason to hurry.
        if (performance.now() - openedAt > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        this.#failure = error;
        this.#hasTried();
      }
      if (this.closed) return;
      this.#report();
      await this.#pause(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  async #open(): Promise<Link> {
    const { address, prepare, commandTimeoutMs } = this.#settings;
    const redis = await loadRedis();
    if (address.kind === 'cluster') {
      return this.#connect(clusterDriver(redis, address, commandTimeoutMs), prepare);
    }
    if (address.kind === 'sentinel') this.#master = await this.#findMaster(redis);
    const host = this.#master ?? address.hosts[0];
    if (host === undefined) throw new OptionError('url', 'names no host');
    return this.#connect(singleDriver(redis, address, host, commandTimeoutMs), prepare);
  }

  /** A link over which everything was done that comes first. */
  async #connect(driver: Driver, prepare: (link: Link) => Promise<void>): Promise<Link> {
    const link = new Link(driver, this.#settings.commandTimeoutMs);
    this.#opening.add(link);
    try {
      if (this.closed) throw new Error('the log is closed');
      await link.connect();
      await prepare(link);
      return link;
    } catch (error) {
      link.close(error instanceof Error ? error : new Error(String(error)));
      throw error;
    } finally {
      this.#opening.delete(link);
    }
  }

  /** The master, as the first Sentinel that answers knows it. */
  async #findMaster(redis: RedisModule): Promise<Host> {
    const { address, commandTimeoutMs } = this.#settings;
    const asking: Address = { ...address, ...address.sentinel };
    let failure: unknown;
    for (const sentinel of address.hosts) {
      let master: Host | undefined;
      try {
        const driver = singleDriver(redis, asking, sentinel, commandTimeoutMs);
        const link = await this.#connect(driver, async (asked) => {
          const answer = await asked.send('', ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', address.master]);
          if (Array.isArray(answer)) master = { host: String(answer[0]), port: Number(answer[1]) };
        });
        link.close(new Error('answered'));
        if (master) return master;
        failure = new OptionError('url', `the Sentinels know no master ${address.master}`);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** A master that was replaced goes on for a while, and what it acknowledges then is forgotten: leave it at once. */
  async #watchMaster(link: Link, { host, port }: Host): Promise<void> {
    const redis = await loadRedis();
    while (this.#link === link) {
      await this.#sleep(ASK_AGAIN_MS);
      // While no Sentinel answers, nobody knows of another master.
      const named = await this.#findMaster(redis).catch(() => undefined);
      if (named && (named.host !== host || named.port !== port)) {
        link.close(new Error('the Sentinels name another master'));
      }
    }
  }

  /** Says why Redis cannot be used; the same reason once. */
  #report(): void {
    const { logger, address } = this.#settings;
    const reason = this.#failure instanceof Error ? this.#failure.message : String(this.#failure);
    if (reason === this.#reported) return;
    this.#reported = reason;
    logger.error({ redis: address.shown, reason }, 'Redis cannot be used; trying again');
  }

  /** Waits about that long: nodes that lost Redis together do not come back together. */
  async #pause(pauseMs: number): Promise<void> {
    await this.#sleep(pauseMs * (0.5 + Math.random()));
  }

  async #sleep(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
  }
}

async function loadRedis(): Promise<RedisModule> {
  try {
    return await import('@redis/client');
  } catch (cause) {
    throw new OptionError(
      'log',
      `needs the package @redis/client: npm install @redis/client (${String(cause)})`,
    );
  }
}
