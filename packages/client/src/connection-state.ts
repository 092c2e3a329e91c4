import type { CloseReason } from '@vitalwire/protocol';

/** Why a client or a subscription stopped: the reason or error code that the server gave, or what the user asked for. */
export type StopReason = CloseReason | 'closed' | (string & {});

/**
 * The state of a connection.
 *
 * `disconnected`: nothing needs it, or `disconnect()` was called. `waiting`: it tries again at `retryAt` (milliseconds
 * since 1970). `stopped`: trying again cannot help; `connect()` starts anew. `closed`: finally, by `close()`.
 */
export type ConnectionState =
  | { readonly name: 'disconnected' }
  | { readonly name: 'connecting' }
  | { readonly name: 'connected' }
  | { readonly name: 'waiting'; readonly retryAt: number }
  | { readonly name: 'stopped'; readonly reason: StopReason }
  | { readonly name: 'closed' };
