import type { BroadcastAnswer } from '@vitalwire/protocol';
import { ServerProcess as Process, type ServerProcessOptions } from '@vitalwire/testing';

/** What a log holds, addressed publications too. */
export interface LogContent {
  epoch: string;
  earliest: number;
  top: number;
  /** The ids that the payloads carry; empty where one carries none. */
  entries: { offset: number; id: string }[];
}

/** Feedback with these numbers. */
export interface PublishCall {
  diagnosisId: number;
  first: number;
  last: number;
  comment?: string | undefined;
}

const main = new URL('server-main.ts', import.meta.url).href;

/** A server in a process of its own, as it would be deployed, which can be weighed and whose log can be read. */
export class ServerProcess extends Process {
  static override async start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const server = new ServerProcess({ ...options, main, nodeArguments: ['--expose-gc'] });
    await server.restart();
    return server;
  }

  /** Publishes feedback with these numbers, in the server's process. */
  async publish(
    diagnosisId: number,
    first: number,
    last: number,
    comment?: string,
  ): Promise<BroadcastAnswer> {
    const call: PublishCall = { diagnosisId, first, last, comment };
    return (await this.ask('publish', call)) as BroadcastAnswer;
  }

  /** What the process holds after a garbage collection. */
  async memory(): Promise<NodeJS.MemoryUsage> {
    return (await this.ask('memory')) as NodeJS.MemoryUsage;
  }

  /** Reads a topic's log from its store. */
  async log(diagnosisId: number): Promise<LogContent> {
    return (await this.ask('log', diagnosisId)) as LogContent;
  }
}
