import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Calls, Question } from './calls.ts';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** From source the children run from source as well, otherwise all of them from their build. */
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const FLAGS = FROM_SOURCE
  ? ['--conditions=@vitalwire/source', '--disable-warning=ExperimentalWarning']
  : ['--disable-warning=ExperimentalWarning'];

/** Halves the time to start from source. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url));
const ENVIRONMENT = {
  ...process.env,
  // Some of the peers check more otherwise.
  NODE_ENV: 'production',
  ...(FROM_SOURCE && { NODE_COMPILE_CACHE: COMPILE_CACHE }),
};

/** The end of what a process wrote is enough to see why it ended. */
const KEPT_OUTPUT = 4_000;
const CALL_TIMEOUT_MS = 180_000;
const END_TIMEOUT_MS = 5_000;

/** A process of ours that answers calls, pinned to one core where that is possible. */
export class Child<C extends Calls<C>> implements AsyncDisposable {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #calls = 0;
  #output = '';
  #ended: Error | undefined;

  private constructor(name: string, core: number | undefined, flags: readonly string[]) {
    this.#name = name;
    const script = fileURLToPath(new URL(`../${name}/main${FROM_SOURCE ? '.ts' : '.js'}`, import.meta.url));
    const command = [process.execPath, ...FLAGS, ...flags, '--expose-gc', script];
    const [program = '', ...args] =
      core === undefined ? command : ['taskset', '--cpu-list', `${core}`, ...command];
    this.#process = spawn(program, args, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      });
    }
    this.#process.on('message', (answer: Answer) => this.#settle(answer));
    this.#process.on('error', (error) => this.#end(error.message));
    this.#process.on('exit', (code, signal) => this.#end(`ended with ${code ?? signal}`));
  }

  /** Starts the `main` of a folder, with flags for Node; resolves when it answers calls. */
  static async start<C extends Calls<C>>(
    name: string,
    core: number | undefined,
    flags: readonly string[] = [],
  ): Promise<Child<C>> {
    const child = new Child<C>(name, core, flags);
    await child.#answered(0, 'start');
    return child;
  }

  /** @throws when the call fails there, when the process ends, or when there is no answer for three minutes. */
  async call<Name extends keyof C & string>(
    name: Name,
    ...args: Parameters<C[Name]>
  ): Promise<Awaited<ReturnType<C[Name]>>> {
    const id = ++this.#calls;
    const answered = this.#answered(id, name);
    if (this.#ended === undefined) this.#process.send({ id, name, args } satisfies Question);
    return (await answered) as Awaited<ReturnType<C[Name]>>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended !== undefined) return;
    const ended = once(this.#process, 'exit');
    const killing = setTimeout(() => this.#process.kill('SIGKILL'), END_TIMEOUT_MS);
    if (this.#process.connected) this.#process.disconnect();
    await ended;
    clearTimeout(killing);
  }

  async #answered(id: number, name: string): Promise<unknown> {
    if (this.#ended !== undefined) throw this.#ended;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { resolve, reject });
        timer = setTimeout(() => {
          reject(new Error(`the ${this.#name} process did not answer '${name}'; it wrote:\n${this.#output}`));
        }, CALL_TIMEOUT_MS);
      });
    } finally {
      clearTimeout(timer);
      this.#pending.delete(id);
    }
  }

  #settle({ id, result, error }: Answer): void {
    const pending = this.#pending.get(id);
    if (error === undefined) pending?.resolve(result);
    else pending?.reject(new Error(`in the ${this.#name} process: ${error}`));
  }

  #end(how: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = new Error(`the ${this.#name} process ${how}; it wrote:\n${this.#output}`);
    for (const { reject } of this.#pending.values()) reject(this.#ended);
  }
}
