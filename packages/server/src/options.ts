import type { Catalogue, StandardCatalogue } from '@vitalwire/protocol';
import type { Authorize, VerifyToken } from './auth/principal.ts';
import type { TokenOptions } from './auth/token.ts';
import type { Clock } from './clock.ts';
import { OptionError } from './errors.ts';
import type { LogStore } from './log/log-store.ts';
import type { Logger } from './logger.ts';

/** Bounds of one server process. Every number is at least 1; `Infinity` lifts a bound. */
export interface Limits {
  /** Most bytes of one frame from a peer; beyond it the connection closes with 1009. @default 65_536 */
  maxFrameBytes: number;
  /** The same before the peer has authenticated. @default 8_192 */
  maxUnauthenticatedFrameBytes: number;
  /** Most fragments of one message from a peer; beyond it the connection closes with 1008. @default 64 */
  maxFragments: number;
  /** Most bytes of an HTTP body, and of what one message of a batch publishes; beyond it the answer is 413. @default 65_536 */
  maxBodyBytes: number;
  /** Most bytes of a body that publishes a batch; beyond it the answer is 413. @default 8_388_608 */
  maxBatchBytes: number;
  /** Most open connections; a further one is closed with 1013. @default 10_000 */
  maxConnections: number;
  /** Most open connections of one user; a further one is closed with 1013. @default 100 */
  maxConnectionsPerUser: number;
  /** Most subscriptions of one connection; a further one is refused. @default 128 */
  maxSubscriptions: number;
  /** Commands of one connection that may wait; beyond it the server stops reading from it for a while. @default 256 */
  maxPendingCommands: number;
  /**
   * Bytes that may wait for one connection. Beyond it nothing is pushed to the connection any more; when its socket has
   * drained, delivery goes on from the log. @default 262_144
   */
  maxBufferedBytes: number;
  /** Most publications read from the log at once. @default 300 */
  pagePublications: number;
  /** Most characters read from the log at once. @default 262_144 */
  pageSize: number;
}

/** How long the server waits, in milliseconds. Every number is from 1 to 2_147_483_647, the longest wait of a timer. */
export interface Timing {
  /** For `authenticate` on a new connection; beyond it the connection closes with 4400. @default 10_000 */
  authenticationTimeoutMs: number;
  /** For the answer of `authorize`; beyond it nobody is let in for now. @default 5_000 */
  authorizeTimeoutMs: number;
  /** Until a quiet connection is pinged. @default 25_000 */
  pingIntervalMs: number;
  /** For the answer to a ping; beyond it the connection is cut. @default 10_000 */
  pongTimeoutMs: number;
  /**
   * Between two pings that prove receipt, at least. While publications flow, a ping goes with one of them within as long
   * again; when none came in that time, it goes alone. @default 1_000
   */
  receiptIntervalMs: number;
  /** For a connection to take any of what waits for it; beyond it the connection closes with 4408. @default 60_000 */
  stallTimeoutMs: number;
  /** For sessions to say goodbye in `close()`; beyond it their connections are cut. @default 5_000 */
  closeTimeoutMs: number;
  /** Over which clients are asked to spread their reconnects after `close()`. @default 5_000 */
  reconnectSpreadMs: number;
}

/** The limits of a server that is not told otherwise. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxFrameBytes: 65_536,
  maxUnauthenticatedFrameBytes: 8_192,
  maxFragments: 64,
  maxBodyBytes: 65_536,
  maxBatchBytes: 8_388_608,
  maxConnections: 10_000,
  maxConnectionsPerUser: 100,
  maxSubscriptions: 128,
  maxPendingCommands: 256,
  maxBufferedBytes: 262_144,
  pagePublications: 300,
  pageSize: 262_144,
});

/** The waits of a server that is not told otherwise. */
export const DEFAULT_TIMING: Timing = Object.freeze({
  authenticationTimeoutMs: 10_000,
  authorizeTimeoutMs: 5_000,
  pingIntervalMs: 25_000,
  pongTimeoutMs: 10_000,
  receiptIntervalMs: 1_000,
  stallTimeoutMs: 60_000,
  closeTimeoutMs: 5_000,
  reconnectSpreadMs: 5_000,
});

/** Options of `createServer`. */
export interface ServerOptions<C extends Catalogue = StandardCatalogue> {
  /** How tokens are verified: a shared secret or public keys, or a function of your own. */
  auth: TokenOptions | VerifyToken;
  /** Decides who may subscribe and publish. @default ownership by the token's claim `diagnoses` */
  authorize?: Authorize;
  /** Where the logs live. The server closes it. @default `memoryLog()`, which forgets everything with the process */
  log?: LogStore;
  /** The message types. @default the catalogue of `@vitalwire/protocol` */
  catalogue?: C;
  /** Where the server says what happened. @default silence */
  logger?: Logger;
  /**
   * Origins of pages that may connect, such as `https://app.example.com`; compared exactly. A peer that sends no
   * `Origin` is no browser and is not affected. @default any origin: access is by token, never by cookie
   */
  origins?: readonly string[];
  /**
   * Whether publications of at least 128 bytes are sent compressed to peers that offer it (`permessage-deflate`, RFC 7692),
   * each compressed once for all of them. It saves a fifth of the bytes of a short publication and more of a long one, and
   * costs every peer the work of unpacking. @default false
   */
  compression?: boolean;
  /** Bounds on frames, bodies and connections; what is left out keeps its default. */
  limits?: Partial<Limits>;
  /** Waits, in milliseconds; what is left out keeps its default. */
  timing?: Partial<Timing>;
  /** Time; for tests. @default the system's */
  clock?: Clock;
}

/** A timer that was set for longer would fire at once. */
const MAX_WAIT_MS = 2 ** 31 - 1;

const OPTION_NAMES: readonly string[] = [
  'auth',
  'authorize',
  'log',
  'catalogue',
  'logger',
  'origins',
  'compression',
  'limits',
  'timing',
  'clock',
] satisfies (keyof ServerOptions)[];

/**
 * Refuses what the types cannot: unknown names, and numbers that are none.
 *
 * @throws {OptionError} naming the option.
 */
export function checkOptions(options: ServerOptions<Catalogue>): { limits: Limits; timing: Timing } {
  refuseUnknown(options, OPTION_NAMES, '');
  if (options.auth === undefined) throw new OptionError('auth', 'is required');
  if (!['boolean', 'undefined'].includes(typeof options.compression)) {
    throw new OptionError('compression', 'must be true or false');
  }
  return {
    limits: checkNumbers(options.limits ?? {}, DEFAULT_LIMITS, 'limits.', Number.POSITIVE_INFINITY),
    timing: checkNumbers(options.timing ?? {}, DEFAULT_TIMING, 'timing.', MAX_WAIT_MS),
  };
}

/** @throws {OptionError} when the object has a field of another name. */
export function refuseUnknown(given: object, names: readonly string[], prefix: string): void {
  for (const name of Object.keys(given)) {
    if (!names.includes(name))
      throw new OptionError(prefix + name, `is unknown; known are ${names.join(', ')}`);
  }
}

function checkNumbers<T extends object>(given: Partial<T>, defaults: T, prefix: string, max: number): T {
  refuseUnknown(given, Object.keys(defaults), prefix);
  for (const [name, value] of Object.entries(given)) {
    const valid = value === undefined || (typeof value === 'number' && value >= 1 && value <= max);
    if (!valid) throw new OptionError(prefix + name, `must be a number from 1 to ${max}`);
  }
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...defaults, ...defined } as T;
}
