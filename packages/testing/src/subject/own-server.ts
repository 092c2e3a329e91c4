import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess, type ServerProcessOptions } from '../server/server-process.ts';
import type { TokenContent } from '../tokens.ts';
import type { Subject } from './subject.ts';

/** A server of the test's own, in a process of its own. Its log is in a file of its own, so that a restart loses nothing. */
export interface OwnServerOptions extends Omit<ServerProcessOptions, 'path' | 'redis'> {
  /** Where the log is: `'memory'` ends with the process. @default 'disk' */
  log?: 'disk' | 'memory';
}

/** After a restart there is no crowd that has to spread. */
const TIMING = { reconnectSpreadMs: 100 };

export async function startOwnServer({
  log = 'disk',
  timing,
  ...options
}: OwnServerOptions): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'vitalwire-testing-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const path = log === 'disk' ? { path: join(folder, 'log.db') } : {};
    return new OwnServer(
      await ServerProcess.start({ ...options, timing: { ...TIMING, ...timing }, ...path }),
      remove,
    );
  } catch (error) {
    await remove();
    throw error;
  }
}

class OwnServer implements Subject {
  readonly #process: ServerProcess;
  readonly #remove: () => Promise<void>;
  #runs = true;

  constructor(process: ServerProcess, remove: () => Promise<void>) {
    this.#process = process;
    this.#remove = remove;
  }

  get url(): string {
    return this.#process.url;
  }

  get now(): number {
    return this.#process.now;
  }

  get output(): string {
    return this.#process.output;
  }

  token(content: TokenContent): Promise<string> {
    return this.#process.token(content);
  }

  async kill(): Promise<void> {
    this.#runs = false;
    await this.#process.kill();
  }

  async restart(): Promise<void> {
    if (this.#runs) await this.#process.stop();
    await this.#process.restart();
    this.#runs = true;
  }

  revoke(userId: string): Promise<void> {
    return this.#process.revoke(userId);
  }

  expireToken(userId: string): Promise<void> {
    return this.#process.expireToken(userId);
  }

  evict(diagnosisId: number, keep: number): Promise<void> {
    return this.#process.evict(diagnosisId, keep);
  }

  newEpoch(diagnosisId: number): Promise<void> {
    return this.#process.newEpoch(diagnosisId);
  }

  advance(ms: number): Promise<void> {
    return this.#process.advance(ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.kill();
    await this.#remove();
    const [crash] = this.#process.crashes;
    if (crash !== undefined) throw new Error(crash);
  }
}
