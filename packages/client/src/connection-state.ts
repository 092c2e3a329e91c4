/*
 * disconnected ── connect ──▶ connecting ── proved ──▶ connected
 *                  ▲              │ lost                  │ lost
 *                  └── connect ── waiting ◀───────────────┘
 *
 * refused: connecting, connected ──▶ stopped ── connect ──▶ connecting
 * disconnect: any ──▶ disconnected · close: any ──▶ closed
 *
 * 1. There is a socket, or the way to one, exactly in `connecting` and `connected`.
 * 2. `failures` grows with every loss and returns to 0 only when a connection proved healthy or the user starts anew.
 * 3. `closed` is final.
 * 4. What the driver does follows from the state that it enters: every state but `connected` ends what was going on before.
 */
import type { CloseReason } from '@vitalwire/protocol';

/** Why a client or a subscription stopped: the reason or error code that the server gave, or `closed`. */
export type StopReason = CloseReason | 'closed' | (string & {});

/**
 * The state of a connection.
 *
 * `disconnected`: nothing needs it, or `disconnect()` was called. `connected`: the server accepted the token. `waiting`:
 * it tries again at `retryAt` (milliseconds since 1970). `stopped`: trying again cannot help; `connect()` starts anew.
 * `closed`: finally, by `close()`.
 */
export type ConnectionState =
  | { readonly name: 'disconnected' }
  | { readonly name: 'connecting'; readonly failures: number }
  | { readonly name: 'connected'; readonly failures: number }
  | { readonly name: 'waiting'; readonly failures: number; readonly retryAt: number }
  | { readonly name: 'stopped'; readonly reason: StopReason }
  | { readonly name: 'closed' };

export type ConnectionEvent =
  /** It is needed, the wait is over, or the user wants no wait. */
  | { readonly type: 'connect' }
  /** A frame showed that the server accepted the token. */
  | { readonly type: 'proved' }
  /** The connection has held for a while. */
  | { readonly type: 'healthy' }
  | { readonly type: 'lost'; readonly retryAt: number }
  | { readonly type: 'refused'; readonly reason: StopReason }
  | { readonly type: 'disconnect' }
  | { readonly type: 'close' };

/** The next state; the same object when the event changes nothing. */
export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  if (state.name === 'closed') return state;
  const failures = failuresOf(state);
  const active = state.name === 'connecting' || state.name === 'connected';
  switch (event.type) {
    case 'connect':
      return active ? state : { name: 'connecting', failures };
    case 'proved':
      return state.name === 'connecting' ? { name: 'connected', failures } : state;
    case 'healthy':
      return state.name === 'connected' ? { name: 'connected', failures: 0 } : state;
    case 'lost':
      return active ? { name: 'waiting', failures: failures + 1, retryAt: event.retryAt } : state;
    case 'refused':
      return active ? { name: 'stopped', reason: event.reason } : state;
    case 'disconnect':
      return { name: 'disconnected' };
    case 'close':
      return { name: 'closed' };
  }
}

/** Losses since a connection proved healthy. */
export function failuresOf(state: ConnectionState): number {
  return 'failures' in state ? state.failures : 0;
}
