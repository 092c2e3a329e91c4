import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../examples.mjs';
import { temporaryFolder } from './folder.ts';
import { SECRET } from './tokens.ts';

/** What a test changes of an example: texts that it contains, and what stands there instead. */
export type Changes = Readonly<Record<string, string>>;

const WAIT_MS = 15_000;

/** Whether the file contained the text. */
async function replace(file: string, before: string, after: string): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replaceAll(before, after));
  return text.includes(before);
}

/** A program that runs in a folder of its own, and what it prints. */
export class Program implements AsyncDisposable {
  /** Where it runs. */
  readonly folder: string;
  output = '';
  readonly #process: ChildProcess;
  readonly #dispose: () => Promise<void>;
  readonly #ended: Promise<number | null>;
  #wake = () => {};

  private constructor(process: ChildProcess, folder: string, dispose: () => Promise<void>) {
    this.#process = process;
    this.folder = folder;
    this.#dispose = dispose;
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#wake();
      });
    }
    this.#ended = once(process, 'close').then(([code]) => {
      this.#wake();
      return code as number | null;
    });
  }

  static async start(
    command: string,
    args: readonly string[],
    { env = {}, folder, dispose }: { env?: Changes; folder?: string; dispose?: () => Promise<void> } = {},
  ): Promise<Program> {
    const own = folder === undefined ? await temporaryFolder() : undefined;
    const cwd = folder ?? own?.path ?? '';
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    return new Program(child, cwd, async () => {
      await dispose?.();
      await own?.[Symbol.asyncDispose]();
    });
  }

  /**
   * Runs an example of `docs/recipes` from source, with a secret in its environment. Names of hosts and ports are
   * replaced in a copy; a text that is not there is an error, so that a change cannot miss its aim.
   */
  static async example(
    name: string,
    changes: Changes,
    options: { env?: Changes; folder?: string } = {},
  ): Promise<Program> {
    // Beside the originals, because packages are looked up from there.
    const copies = join(root, 'docs', '.run');
    await mkdir(copies, { recursive: true });
    const copy = await mkdtemp(join(copies, 'example-'));
    await cp(join(root, 'docs', 'recipes'), copy, { recursive: true });
    for (const [before, after] of Object.entries(changes)) {
      const changed = await Promise.all(
        ['get-token.ts', name].map((file) => replace(join(copy, file), before, after)),
      );
      if (!changed.includes(true)) throw new Error(`${name} does not say ${before}`);
    }
    const file = join(copy, name);
    return Program.start(process.execPath, ['--conditions=@vitalwire/source', file], {
      ...options,
      env: { JWT_SECRET: SECRET, ...options.env },
      dispose: () => rm(copy, { recursive: true, force: true }),
    });
  }

  /** Waits until the output matches. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      const ended = this.#process.exitCode ?? this.#process.signalCode;
      if (ended !== null)
        throw new Error(`ended with ${ended} before ${pattern}; it printed:\n${this.output}`);
      if (performance.now() > deadline) throw new Error(`no ${pattern} came; it printed:\n${this.output}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Waits for the port that a server prints. */
  async port(): Promise<number> {
    return Number((await this.printed(/port: (\d+)|:(\d+)\b/)).slice(1).find(Boolean));
  }

  /** Waits until it has ended by itself; resolves with its exit code. */
  async ended(): Promise<number | null> {
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), WAIT_MS);
    const code = await this.#ended;
    clearTimeout(timer);
    return code;
  }

  /** Asks it to end; resolves with its exit code, or `null` when it had to be killed. */
  async end(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    return this.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
    await this.#dispose();
  }
}
