import { readFileSync } from 'node:fs';
import type { LogContent, ServerProcess } from '../support/server-process.ts';

/** One server process of several, with a name that stays when the process does not. */
export class Node {
  readonly name: string;
  readonly #server: ServerProcess;
  /** Nobody is ending, starting or stopping it. */
  #up = true;

  constructor(name: string, server: ServerProcess) {
    this.name = name;
    this.#server = server;
  }

  get port(): number {
    return this.#server.port;
  }

  get pid(): number {
    return this.#server.pid;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Ends that nobody asked for. */
  get crashes(): readonly string[] {
    return this.#server.crashes;
  }

  get output(): string {
    return this.#server.output;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#up = false;
    await this.#server.kill();
  }

  /** Says goodbye to everybody and ends. */
  async stop(): Promise<void> {
    this.#up = false;
    await this.#server.stop();
  }

  /** Starts it again, on another port: the old one may have been given to somebody else. */
  async start(): Promise<void> {
    await this.#server.restart(0);
    this.#up = true;
  }

  /** Stops its time. */
  freeze(): void {
    this.#up = false;
    this.#server.signal('SIGSTOP');
  }

  thaw(): void {
    this.#server.signal('SIGCONT');
    this.#up = true;
  }

  /** Whether the system says that its time stands still. */
  get frozen(): boolean {
    // pid, name in parentheses, state
    return / T /.test(readFileSync(`/proc/${this.pid}/stat`, 'utf8').replace(/^.*\)/, ')'));
  }

  async revoke(userId: string): Promise<void> {
    await this.#server.revoke(userId);
  }

  log(topic: number): Promise<LogContent> {
    return this.#server.log(topic);
  }
}
