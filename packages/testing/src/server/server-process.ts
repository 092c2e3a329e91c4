import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SECRET, type TokenContent, tokenOf } from '../tokens.ts';
import { until, within } from '../within.ts';
import type { Answer, Call, ServerSettings, Start, Steering } from './calls.ts';

/** Options of {@link ServerProcess.start}. */
export interface ServerProcessOptions extends ServerSettings {
  /** Modules that are loaded before the server, by URL. */
  imports?: readonly string[];
  /** The module that serves, by URL; it calls `serveProcess`. @default this package's own */
  main?: string;
  /** Further arguments of Node. */
  nodeArguments?: readonly string[];
}

const SOURCES = import.meta.url.endsWith('.ts');
const MAIN = new URL(SOURCES ? 'server-main.ts' : 'server-main.js', import.meta.url).href;
/** Of a checkout: sources are compiled at each start, which this halves. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url));

/** A server in a process of its own: it can be killed, and started again on the same data and port. */
export class ServerProcess implements AsyncDisposable {
  readonly #options: ServerProcessOptions;
  readonly #pending = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  #child: ChildProcess | undefined;
  #calls = 0;
  #port = 0;
  #output = '';
  #steering: Steering | undefined;
  /** It is meant to end. */
  #ending = false;
  /** Ends that nobody asked for, with what the server said before them. */
  readonly crashes: string[] = [];

  protected constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  /** Starts a server on a free port. Rejects with what it said when it does not start. */
  static async start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const server = new ServerProcess(options);
    await server.restart();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The process, or the last one. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** What it wrote to its outputs, all runs together. */
  get output(): string {
    return this.#output;
  }

  /** The server's time, in milliseconds since 1970. */
  get now(): number {
    return Date.now() + (this.#steering?.aheadMs ?? 0);
  }

  /** A token that this server accepts, by its clock. */
  token(content: Omit<TokenContent, 'secret' | 'nowMs'>): Promise<string> {
    return tokenOf({ ...content, secret: this.#options.secret ?? SECRET, nowMs: this.now });
  }

  /** Starts it again, after {@link kill} or {@link stop}, on the same data and the same port or another one. */
  async restart(port = this.#port): Promise<void> {
    this.#ending = false;
    const { imports = [], main = MAIN, nodeArguments = [], ...settings } = this.#options;
    const listening = new Promise((resolve, reject) => this.#pending.set(0, { resolve, reject }));
    const start: Start = { ...settings, port, ...(this.#steering && { steering: this.#steering }) };
    const child = fork(fileURLToPath(main), [JSON.stringify(start)], {
      execArgv: [
        ...(SOURCES ? ['--conditions=@vitalwire/source'] : []),
        '--disable-warning=ExperimentalWarning',
        ...nodeArguments,
        ...imports.map((url) => `--import=${url}`),
      ],
      env: { ...process.env, ...(SOURCES && { NODE_COMPILE_CACHE: COMPILE_CACHE }) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    child.on('message', ({ id, result, error }: Answer) => {
      if (error === undefined) this.#pending.get(id)?.resolve(result);
      else this.#pending.get(id)?.reject(new Error(error));
      this.#pending.delete(id);
    });
    child.on('exit', (code, signal) => {
      const reason = new Error(`the server ended (${signal ?? code}); it said:\n${this.#output}`);
      // Only `SIGKILL` ends it on purpose; it may have ended by itself just before.
      if (!this.#ending || signal !== 'SIGKILL') this.crashes.push(reason.message);
      for (const { reject } of this.#pending.values()) reject(reason);
      this.#pending.clear();
    });
    this.#port = Number(await within(20_000, listening, () => `the server did not start:\n${this.#output}`));
  }

  /** Revokes the tokens that a user holds now. */
  async revoke(userId: string): Promise<void> {
    await this.ask('revoke', userId);
  }

  /**
   * Lets the tokens expire with which a user was seen; a fresh one counts. Open connections of the user end with 4401
   * within a second. Rejects when the user was not seen yet.
   */
  async expireToken(userId: string): Promise<void> {
    await this.#steer('expireToken', userId);
  }

  /** Loses the publications of a diagnosis, all but the newest ones: whoever needed the others is told of a gap, `retention`. */
  async evict(diagnosisId: number, keep = 0): Promise<void> {
    await this.#steer('evict', { diagnosisId, keep });
  }

  /**
   * Loses the whole log of a diagnosis: whoever held a position is told of a gap, `epoch_changed`, when resuming, or with
   * the next publication.
   */
  async newEpoch(diagnosisId: number): Promise<void> {
    await this.#steer('newEpoch', diagnosisId);
  }

  /** Sets the server's clock forward: tokens expire, publications age, waits end. */
  async advance(ms: number): Promise<void> {
    await this.#steer('advance', ms);
  }

  /** Sends a signal that does not end it, such as `SIGSTOP`. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    this.#ending = true;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Drains it and ends it. */
  async stop(): Promise<void> {
    this.#ending = true;
    await this.ask('close');
    await this.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** Resolves when the server serves. */
  async ready(): Promise<void> {
    const isReady = async () => (await fetch(`${this.url}/ready`).catch(() => undefined))?.status === 200;
    await until(isReady, () => `the server is not ready:\n${this.#output}`);
  }

  /** Asks the process a question of its `serveProcess`. */
  protected ask(name: string, argument?: unknown): Promise<unknown> {
    const id = ++this.#calls;
    const answer = new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#child?.send({ id, name, argument } satisfies Call);
    return within(20_000, answer, () => `no answer to ${name}:\n${this.#output}`);
  }

  async #steer(name: string, argument: unknown): Promise<void> {
    this.#steering = (await this.ask(name, argument)) as Steering;
  }
}
