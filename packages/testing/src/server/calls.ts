import type { Limits, Retention, Timing } from '@vitalwire/server';
import type { LogChanges } from './steered-log.ts';

/** What a server in a process of its own is made of. */
export interface ServerSettings {
  /** The file of a SQLite log. @default a memory log */
  path?: string;
  /** The address of Redis instead. Its logs cannot be steered. */
  redis?: string;
  /** How much is kept. @default as the server's */
  retention?: Partial<Retention>;
  /** Tolerated difference of clocks, in milliseconds. @default 5_000 */
  clockToleranceMs?: number;
  /** Whether publications are sent compressed to pages that offer it. @default false */
  compression?: boolean;
  limits?: Partial<Limits>;
  timing?: Partial<Timing>;
  /** A file to which the server writes what it logs. @default nowhere */
  logFile?: string;
  /** The secret of its tokens. @default {@link SECRET} */
  secret?: string;
}

/** What a test did to time, tokens and logs of a server. It outlives the process. */
export interface Steering {
  aheadMs: number;
  expiredTokens: readonly string[];
  logs: LogChanges;
}

/** What a process is given to start with. */
export interface Start extends ServerSettings {
  port: number;
  steering?: Steering;
}

/** A question to the process, over its IPC channel. */
export interface Call {
  id: number;
  name: string;
  argument?: unknown;
}

/** What it answers; the call 0 is its start, and the result is its port. */
export interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}
