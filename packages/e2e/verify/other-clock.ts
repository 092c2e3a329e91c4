import { Worker } from 'node:worker_threads';
import type { Position } from '@vitalwire/protocol';
import type { Recorder } from '@vitalwire/server/verify';
import { within } from '@vitalwire/testing';
import { User } from './user.ts';

/** What a thread with another clock is started with. */
export interface OtherClockOptions {
  readonly name: string;
  /** How far its clock is ahead; behind, when negative. */
  readonly shiftMs: number;
  readonly topics: readonly number[];
  /** Where the server is reached. */
  readonly port: number;
  /** Where it writes its history. */
  readonly file: string;
  readonly seed: number;
}

/** What the thread is asked. */
export type Question =
  | { readonly id: number; readonly ask: 'now' }
  | { readonly id: number; readonly ask: 'behind'; readonly lasts: ReadonlyMap<number, Position> }
  | { readonly id: number; readonly ask: 'end' };

/** What comes from the thread: an answer, or a question for a token. */
export type Word =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly ask: 'token' };

/** The tokens are replaced every few seconds, by which the clock matters. */
const TOKEN_LIFETIME_MS = 5_000;
const ANSWER_WITHIN_MS = 10_000;

/** A client in a thread of its own, where the time of day is another one. */
export class OtherClock {
  readonly #options: OtherClockOptions;
  readonly #worker: Worker;
  readonly #user: User;
  readonly #pending = new Map<number, (answer: unknown) => void>();
  #questions = 0;

  constructor(options: OtherClockOptions) {
    this.#options = options;
    this.#user = new User(options.name, options.topics, TOKEN_LIFETIME_MS);
    this.#worker = new Worker(new URL('other-clock-thread.ts', import.meta.url), {
      workerData: options,
      execArgv: ['--conditions=@vitalwire/source', '--disable-warning=ExperimentalWarning'],
    });
    this.#worker.on('message', (word: Word) => {
      if ('answer' in word) this.#pending.get(word.id)?.(word.answer);
      else void this.#giveToken(word.id);
    });
  }

  get file(): string {
    return this.#options.file;
  }

  /** Records how far off the clock is, as a fault that had an effect if it is. */
  async prove(recorder: Recorder): Promise<void> {
    const { name: target, shiftMs } = this.#options;
    recorder.record({ type: 'fault.begun', fault: 'clock_off', target });
    const off = Number(await this.#ask({ ask: 'now' })) - Date.now();
    const effect = Math.abs(off - shiftMs) < ANSWER_WITHIN_MS ? 1 : 0;
    recorder.record({ type: 'fault.ended', fault: 'clock_off', target, effect });
  }

  /** The topics in which it was not given everything up to these positions. */
  async behind(lasts: ReadonlyMap<number, Position>): Promise<string[]> {
    const topics = (await this.#ask({ ask: 'behind', lasts })) as number[];
    return topics.map((topic) => `${this.#options.name} in topic ${topic}`);
  }

  /** Ends it when its history is written. */
  async end(): Promise<void> {
    try {
      await this.#ask({ ask: 'end' });
    } finally {
      await this.#worker.terminate();
    }
  }

  async #giveToken(id: number): Promise<void> {
    this.#worker.postMessage({ id, token: await this.#user.token() });
  }

  #ask(
    question: Question extends infer Q ? (Q extends Question ? Omit<Q, 'id'> : never) : never,
  ): Promise<unknown> {
    const id = ++this.#questions;
    const answer = new Promise((resolve) => this.#pending.set(id, resolve));
    this.#worker.postMessage({ ...question, id });
    return within(ANSWER_WITHIN_MS, answer, () => `${this.#options.name} does not answer`);
  }
}
