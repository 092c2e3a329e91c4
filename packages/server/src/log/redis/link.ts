import { LogUnavailableError } from '../../errors.ts';
import type { Driver } from './driver.ts';
import type { Script } from './scripts.ts';

/** The answer of Redis that refuses a command: nothing of it took effect. */
export class RedisRefusal extends Error {
  override readonly name = 'RedisRefusal';
}

/** The connection was lost before Redis answered. */
export class LinkLostError extends Error {
  override readonly name = 'LinkLostError';
}

/**
 * One life of the connection to Redis. The first sign of trouble ends it for good: every command that waits for its
 * answer rejects, and nothing is ever sent twice. What goes on is a new link, which begins by looking at what it finds.
 */
export class Link {
  readonly #driver: Driver;
  readonly #timeoutMs: number;
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #idle: (() => void)[] = [];
  #end: (error: Error) => void = () => {};
  #error: LinkLostError | undefined;
  /** Resolves with the reason when the link has ended. */
  readonly lost: Promise<Error>;

  constructor(driver: Driver, timeoutMs: number) {
    this.#driver = driver;
    this.#timeoutMs = timeoutMs;
    this.lost = new Promise((resolve) => {
      this.#end = resolve;
    });
    driver.onFailure((error) => this.close(error));
  }

  /** @throws {LinkLostError} when nobody answers in time. */
  async connect(): Promise<void> {
    // The client connects even when it was told in the meantime not to.
    const connected = this.#driver.connect().finally(() => {
      if (this.#error) this.#destroy();
    });
    await this.#settle(connected);
  }

  /**
   * @throws {RedisRefusal} as Redis says it; then nothing took effect.
   * @throws {LogUnavailableError} when the link ended before; then nothing was sent.
   * @throws {LinkLostError} when the link ends before the answer, which it does when that does not come in time.
   */
  async send(key: string, args: string[]): Promise<unknown> {
    this.#refuseEnded();
    return this.#settle(this.#driver.send(key, args));
  }

  /** Runs a script on the server of its first key. */
  async run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [`${keys.length}`, ...keys, ...args];
    const [first = ''] = keys;
    try {
      return await this.send(first, ['EVALSHA', script.sha, ...rest]);
    } catch (error) {
      // The server does not know the script, so it did nothing: it is new, or its scripts were flushed.
      if (!(error instanceof RedisRefusal) || !error.message.startsWith('NOSCRIPT')) throw error;
      return await this.send(first, ['EVAL', script.text, ...rest]);
    }
  }

  /** Redis refused something: when it takes no writes any more, the link ends, and a new one finds out which server does. */
  refused(message: string): void {
    if (/^(READONLY|CLUSTERDOWN|MASTERDOWN)/.test(message)) this.close(new Error(message));
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<void> {
    this.#refuseEnded();
    await this.#settle(this.#driver.subscribe(channel, listener));
  }

  async unsubscribe(channel: string): Promise<void> {
    this.#refuseEnded();
    await this.#settle(this.#driver.unsubscribe(channel));
  }

  /** Resolves when no command waits for its answer. */
  async settled(): Promise<void> {
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  close(reason: Error): void {
    if (this.#error) return;
    const error = new LinkLostError(reason.message, { cause: reason });
    this.#error = error;
    this.#destroy();
    for (const reject of [...this.#waiting]) reject(error);
    this.#end(reason);
  }

  #refuseEnded(): void {
    if (this.#error) throw new LogUnavailableError('Redis cannot be reached now', this.#error);
  }

  #destroy(): void {
    try {
      this.#driver.destroy();
    } catch {
      // It was closed already.
    }
  }

  /** Settles as the answer does, at the latest after the timeout or with the link. */
  #settle<T>(answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const lost = (error: Error) => settle(() => reject(error));
      const settle = (how: () => void) => {
        clearTimeout(timer);
        if (!this.#waiting.delete(lost)) return;
        how();
        if (this.#waiting.size === 0) for (const wake of this.#idle.splice(0)) wake();
      };
      const expire = () => this.close(new Error(`Redis did not answer within ${this.#timeoutMs} ms`));
      // In two halves: if it was this process that stood still, there is time to read the answer after the first.
      const half = this.#timeoutMs / 2;
      let timer = setTimeout(() => {
        timer = setTimeout(expire, half);
      }, half);
      this.#waiting.add(lost);
      answer.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => this.#failed(error, settle, reject),
      );
    });
  }

  #failed(error: unknown, settle: (how: () => void) => void, reject: (error: Error) => void): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    if (!this.#driver.isRefusal(reason)) return this.close(reason);
    settle(() => reject(new RedisRefusal(reason.message)));
    this.refused(reason.message);
  }
}
