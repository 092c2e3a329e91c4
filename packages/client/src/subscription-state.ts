/*
 * disconnected ─▶ connecting ── connect ──▶ catching_up ── caught_up ──▶ live
 *                   ▲    │ delayed              │ connect (count 0) ──────▲
 *                   │    ▼                      ▼ connect, at any time: a gap while connected
 *                   └─ waiting ◀── delayed ── catching_up, live
 *
 * The connection's loss leads from anywhere to what the connection does; `stopped` from anywhere.
 *
 * 1. The state follows what handlers were given: `live` comes after the last publication from before the subscription.
 * 2. What was received never goes back within an epoch, but by a gap.
 * 3. A publication at or below what was received is dropped; one of another epoch proves a broken dialogue.
 */
import type { ConnectionState, StopReason } from './connection-state.ts';
import type { Continuity } from './continuity.ts';

/**
 * The state of a subscription, in step with what its handlers have been given.
 *
 * `catching_up`: publications from before the subscription began are being handed out; `live`: these are done.
 * `waiting`: the connection or this subscription is tried again at `retryAt` (milliseconds since 1970). `stopped`: the
 * server refused it, the connection stopped, a handler failed (`handler_failed`, by the option `onHandlerError`), or it was
 * ended here (`unsubscribed`, `closed`). After a gap it is `catching_up` also while a snapshot is loaded.
 */
export type SubscriptionState =
  | { readonly name: 'disconnected' }
  | { readonly name: 'connecting' }
  | { readonly name: 'catching_up'; readonly continuity: Continuity }
  | { readonly name: 'live'; readonly continuity: Continuity }
  | { readonly name: 'waiting'; readonly retryAt: number }
  | { readonly name: 'stopped'; readonly reason: StopReason | 'unsubscribed' };

/** The state of a subscription when the connection comes to this one. */
export function follow(state: SubscriptionState, connection: ConnectionState): SubscriptionState {
  switch (connection.name) {
    case 'connecting':
      return { name: 'connecting' };
    case 'connected':
      // The connection is proved by an answer, which may have moved this subscription on already.
      return state.name === 'disconnected' || state.name === 'stopped' ? { name: 'connecting' } : state;
    case 'waiting':
      return { name: 'waiting', retryAt: connection.retryAt };
    case 'disconnected':
    case 'stopped':
      return connection;
    case 'closed':
      return { name: 'stopped', reason: 'closed' };
  }
}

/** The state when the last publication from before the subscription was handed out. */
export function caughtUp(state: SubscriptionState): SubscriptionState {
  return state.name === 'catching_up' ? { ...state, name: 'live' } : state;
}
