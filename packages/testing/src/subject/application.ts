import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TokenContent, tokenOf } from '../tokens.ts';
import { until } from '../within.ts';
import { CLOSED, refuse, type Subject } from './subject.ts';

/** An application with a Vitalwire server inside, which is started for the test. */
export interface ApplicationOptions {
  /** The program and its arguments, such as `['node', 'dist/server.js']`. */
  command: readonly [program: string, ...args: string[]];
  /** The folder it runs in. @default this process's */
  cwd?: string;
  /**
   * Variables of its environment, besides this process's. The port is 0 at first, and the one that it took when it is
   * started again; the folder is empty at first, and removed at the end.
   */
  env?: (start: { readonly port: number; readonly folder: string }) => Readonly<Record<string, string>>;
  /** Finds its address in what it prints. @default the first http address that ends in a port */
  address?: RegExp;
  /** The secret of its tokens, read when one is needed. Needed by `publish` and `tokenFor`. */
  secret?: (start: { readonly folder: string }) => string | Promise<string>;
  /** How long it may take to start. @default 15_000 */
  startTimeoutMs?: number;
}

export async function startApplication(options: ApplicationOptions): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'vitalwire-testing-'));
  const application = new Application(options, folder);
  try {
    await application.restart();
  } catch (error) {
    await application[Symbol.asyncDispose]();
    throw error;
  }
  return application;
}

const ADDRESS = /http:\/\/[^\s:/]+:\d+/;

class Application implements Subject {
  readonly revoke = CLOSED.revoke;
  readonly expireToken = CLOSED.expireToken;
  readonly evict = CLOSED.evict;
  readonly newEpoch = CLOSED.newEpoch;
  readonly advance = CLOSED.advance;
  readonly #options: ApplicationOptions;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #url = '';
  #output = '';

  constructor(options: ApplicationOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  get url(): string {
    return this.#url;
  }

  get now(): number {
    return Date.now();
  }

  get output(): string {
    return this.#output;
  }

  async token(content: TokenContent): Promise<string> {
    const { secret } = this.#options;
    if (!secret) return refuse('a token', '`secret`');
    return tokenOf({ ...content, secret: await secret({ folder: this.#folder }) });
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.#end('SIGTERM');
    const { command, cwd, env, address = ADDRESS, startTimeoutMs = 15_000 } = this.#options;
    const [program, ...args] = command;
    const port = this.#url === '' ? 0 : Number(new URL(this.#url).port);
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env?.({ port, folder: this.#folder }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        this.#output += text;
      });
    }
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
    });
    const tell = () => `${command.join(' ')} did not start: ${failure?.message ?? said}`;
    const found = () => address.exec(said);
    await until(() => found() !== null || failure !== undefined || hasEnded(child), tell, startTimeoutMs);
    const [whole, group = whole] = found() ?? [];
    if (group === undefined) throw new Error(tell());
    this.#url = group;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGTERM');
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.pid === undefined || hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
