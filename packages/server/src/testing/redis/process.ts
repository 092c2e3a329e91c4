import { ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import { installedRedis } from './has-redis.ts';
import { until } from './until.ts';

export interface RedisProcessOptions {
  /** @default a free one */
  readonly port?: number | undefined;
  /** Where its files are. It is left there. @default a temporary folder, removed in the end */
  readonly folder?: string | undefined;
  /** Lines of its configuration file, besides port and folder. */
  readonly configuration: readonly string[];
  /** What it asks for. */
  readonly password?: string | undefined;
  /** Arguments that win over the configuration file. */
  readonly args?: readonly string[] | undefined;
}

const PORT_ATTEMPTS = 5;

/** What a process writes when it serves: a server, a Sentinel. */
const SERVES = /Ready to accept connections|\+monitor master/;
const PORT_TAKEN = /Address already in use/;

/** A process of Redis, on 127.0.0.1. It ends with the process that started it, however that ends. */
export class RedisProcess implements AsyncDisposable {
  readonly folder: string;
  readonly #options: RedisProcessOptions;
  #port = 0;
  #child: ChildProcess | undefined;
  #output = '';

  protected constructor(folder: string, options: RedisProcessOptions) {
    this.folder = folder;
    this.#options = options;
  }

  protected static async folder({ folder }: { folder?: string | undefined }): Promise<string> {
    if (folder === undefined) return mkdtemp(join(tmpdir(), 'vitalwire-redis-'));
    await mkdir(folder, { recursive: true });
    return folder;
  }

  get port(): number {
    return this.#port;
  }

  /** The process, or the last one. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    const child = this.#child;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /**
   * What Redis answers to a command, as text: several values one a line, and nothing for nil.
   *
   * @throws when it refuses the command or cannot be reached. While it is paused, nothing happens.
   */
  async command(...args: string[]): Promise<string> {
    const { password } = this.#options;
    const { stdout } = await promisify(execFile)(
      installedRedis().cli,
      ['-e', '-h', '127.0.0.1', '-p', `${this.#port}`, ...args],
      {
        maxBuffer: 2 ** 28,
        env: { ...process.env, ...(password !== undefined && { REDISCLI_AUTH: password }) },
      },
    );
    return stdout.replace(/\r?\n$/, '');
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to end. */
  async stop(): Promise<void> {
    this.resume();
    await this.#end('SIGTERM');
  }

  /** Starts it again with the same folder and port; one that runs is stopped first. */
  async restart(): Promise<void> {
    await this.stop();
    await this.#start();
  }

  /** From now on it does nothing at all, while its connections stay open. */
  pause(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    if (this.#options.folder === undefined) await rm(this.folder, { recursive: true, force: true });
  }

  /** Starts it for the first time. */
  protected async begin(): Promise<void> {
    const { port } = this.#options;
    try {
      for (let attempt = 1; ; attempt++) {
        this.#port = port ?? (await freePort());
        await this.#configure();
        try {
          return await this.#start();
        } catch (error) {
          // Somebody took the port in the meantime.
          if (port !== undefined || attempt === PORT_ATTEMPTS || !PORT_TAKEN.test(this.#output)) throw error;
        }
      }
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  get #configurationFile(): string {
    return join(this.folder, 'redis.conf');
  }

  /** A file and not arguments: Redis and Sentinel write into it what they have to remember. */
  async #configure(): Promise<void> {
    const lines = [`port ${this.#port}`, 'bind 127.0.0.1', `dir "${this.folder}"`];
    await writeFile(
      this.#configurationFile,
      [...lines, ...this.#options.configuration].map((line) => `${line}\n`).join(''),
    );
  }

  async #start(): Promise<void> {
    if (!existsSync(this.#configurationFile)) await this.#configure();
    const path = join(this.folder, 'redis.log');
    const file = await open(path, 'w');
    try {
      const { args = [] } = this.#options;
      this.#child = spawn(installedRedis().server, [this.#configurationFile, ...args], {
        stdio: ['ignore', file.fd, file.fd],
      });
    } finally {
      await file.close();
    }
    // Not to be started is an end as well.
    this.#child.on('error', () => {});
    endTogether(this.#child);
    await until(
      async () => {
        this.#output = await readFile(path, 'utf8');
        return SERVES.test(this.#output) || !this.running;
      },
      () => this.#report('did not start'),
    );
    if (!this.running) throw new Error(this.#report('ended'));
  }

  #report(what: string): string {
    return `the Redis of port ${this.#port} ${what}; it said:\n${this.#output}`;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child?.kill(signal);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    child.ref();
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

/**
 * The input of a shell closes when this process ends, in whatever way; then the shell ends the child. Neither keeps this
 * process from ending.
 */
function endTogether(child: ChildProcess): void {
  if (child.pid === undefined) return;
  const script = 'trap "" INT TERM HUP; read -r _; kill -9 "$0"';
  const guard = spawn('sh', ['-c', script, `${child.pid}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  guard.on('error', () => {});
  for (const handle of [child, guard, guard.stdin]) {
    if (handle instanceof ChildProcess || handle instanceof Socket) handle.unref();
  }
  child.once('exit', () => guard.kill('SIGKILL'));
}
