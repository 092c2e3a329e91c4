// Who may do what

export { type HttpAuthorizeOptions, httpAuthorize } from './auth/http-authorize.ts';
export { ownDiagnoses } from './auth/own-diagnoses.ts';
export {
  type Action,
  type Authorize,
  BROADCAST_SCOPE,
  type Decision,
  type Principal,
  type VerifyToken,
} from './auth/principal.ts';
export { type SignTokenOptions, signToken } from './auth/sign-token.ts';
export { createTokenVerifier, type TokenOptions } from './auth/token.ts';

// Where logs live

export type {
  Announcement,
  Append,
  Appended,
  Entry,
  Idempotency,
  LogState,
  LogStore,
  Page,
  PageLimit,
  Publication,
  Receipt,
  Retention,
  Topic,
} from './log/log-store.ts';
export { DEFAULT_RETENTION } from './log/log-store.ts';
export { type MemoryLogOptions, memoryLog } from './log/memory.ts';
export { beginNewEpochs } from './log/new-epochs.ts';
export type { Census, Nodes } from './log/nodes.ts';
export { type RedisLogOptions, redisLog } from './log/redis.ts';
export { type SqliteLogOptions, sqliteLog } from './log/sqlite.ts';

// A server

export type { Broadcast, BroadcastOptions, MethodName } from './broadcast.ts';
export type { Clock } from './clock.ts';
export {
  LogUnavailableError,
  OptionError,
  OutcomeUnknownError,
  RequestError,
  TokenError,
} from './errors.ts';
export type { Logger } from './logger.ts';
export { DEFAULT_LIMITS, DEFAULT_TIMING, type Limits, type ServerOptions, type Timing } from './options.ts';
export { createServer, type VitalwireServer } from './server.ts';
