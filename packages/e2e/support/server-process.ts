import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { BroadcastAnswer } from '@vitalwire/protocol';
import type { Limits, Retention, Timing } from '@vitalwire/server';
import { until, within } from './within.ts';

export interface ServerProcessOptions {
  /** The file of a SQLite log. @default a memory log */
  path?: string;
  /** The address of Redis instead. */
  redis?: string;
  retention?: Partial<Retention>;
  clockToleranceMs?: number;
  limits?: Partial<Limits>;
  timing?: Partial<Timing>;
  /** Modules that are loaded before the server, by URL. */
  imports?: readonly string[];
  /** A file to which the server writes what it logs. @default nowhere */
  logFile?: string;
}

/** What the process is asked over its IPC channel. */
export type Call = { id: number } & (
  | { name: 'publish'; diagnosisId: number; first: number; last: number; comment?: string }
  | { name: 'memory' }
  | { name: 'revoke'; userId: string }
  | { name: 'log'; diagnosisId: number }
  | { name: 'close' }
);
type Question = Call extends infer C ? (C extends { id: number } ? Omit<C, 'id'> : never) : never;

export interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/** What a log holds, addressed publications too. */
export interface LogContent {
  epoch: string;
  earliest: number;
  top: number;
  /** The ids that the payloads carry; empty where one carries none. */
  entries: { offset: number; id: string }[];
}

const MAIN = fileURLToPath(new URL('server-main.ts', import.meta.url));
const COMPILE_CACHE = fileURLToPath(new URL('../node_modules/.cache/compile', import.meta.url));

/** A server in a process of its own: it can be killed, started again on the same data and port, and weighed. */
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
  /** It is meant to end. */
  #ending = false;
  /** Ends that nobody asked for, with what the server said before them. */
  readonly crashes: string[] = [];

  private constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

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

  /** Starts it again, after {@link kill} or {@link stop}, on the same data and the same port or another one. */
  async restart(port = this.#port): Promise<void> {
    this.#ending = false;
    const { imports = [], ...options } = this.#options;
    const listening = new Promise((resolve, reject) => this.#pending.set(0, { resolve, reject }));
    const child = fork(MAIN, [JSON.stringify({ ...options, port })], {
      execArgv: [
        '--conditions=@vitalwire/source',
        '--expose-gc',
        '--disable-warning=ExperimentalWarning',
        ...imports.map((url) => `--import=${url}`),
      ],
      // Halves the time to start from sources.
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
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
      if (!this.#ending) this.crashes.push(reason.message);
      for (const { reject } of this.#pending.values()) reject(reason);
      this.#pending.clear();
    });
    this.#port = Number(await within(20_000, listening, () => `the server did not start:\n${this.#output}`));
  }

  /** Publishes feedback with these numbers, in the server's process. */
  async publish(
    diagnosisId: number,
    first: number,
    last: number,
    comment?: string,
  ): Promise<BroadcastAnswer> {
    const answer = await this.#ask({
      name: 'publish',
      diagnosisId,
      first,
      last,
      ...(comment !== undefined && { comment }),
    });
    return answer as BroadcastAnswer;
  }

  /** What the process holds after a garbage collection. */
  async memory(): Promise<NodeJS.MemoryUsage> {
    return (await this.#ask({ name: 'memory' })) as NodeJS.MemoryUsage;
  }

  /** Sends a signal that does not end it, such as `SIGSTOP`. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** Revokes the tokens that a user holds now. */
  async revoke(userId: string): Promise<void> {
    await this.#ask({ name: 'revoke', userId });
  }

  /** Reads a topic's log from its store. */
  async log(diagnosisId: number): Promise<LogContent> {
    return (await this.#ask({ name: 'log', diagnosisId })) as LogContent;
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
    await this.#ask({ name: 'close' });
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

  #ask(question: Question): Promise<unknown> {
    const id = ++this.#calls;
    const answer = new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#child?.send({ ...question, id });
    return within(20_000, answer, () => `no answer to ${question.name}:\n${this.#output}`);
  }
}
