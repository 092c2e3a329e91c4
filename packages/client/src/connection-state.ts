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

/** What the driver does after a transition; each begins with the end of whatever it was doing. */
type ConnectionEffect = 'open' | 'wait' | 'rest';

export interface ConnectionTransition {
  readonly state: ConnectionState;
  readonly effect?: ConnectionEffect;
}

export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionTransition {
  if (state.name === 'closed') return { state };
  const failures = 'failures' in state ? state.failures : 0;
  const active = state.name === 'connecting' || state.name === 'connected';
  switch (event.type) {
    case 'connect':
      return active ? { state } : { state: { name: 'connecting', failures }, effect: 'open' };
    case 'proved':
      return { state: state.name === 'connecting' ? { name: 'connected', failures } : state };
    case 'healthy':
      return { state: state.name === 'connected' ? { name: 'connected', failures: 0 } : state };
    case 'lost':
      if (!active) return { state };
      return { state: { name: 'waiting', failures: failures + 1, retryAt: event.retryAt }, effect: 'wait' };
    case 'refused':
      return active ? { state: { name: 'stopped', reason: event.reason }, effect: 'rest' } : { state };
    case 'disconnect':
      return { state: { name: 'disconnected' }, effect: 'rest' };
    case 'close':
      return { state: { name: 'closed' }, effect: 'rest' };
  }
}
