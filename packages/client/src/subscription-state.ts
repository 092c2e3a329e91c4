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
import { type Position, parsePosition, type Recovery } from '@vitalwire/protocol';
import type { ConnectionState, StopReason } from './connection-state.ts';

/**
 * The state of a subscription, in step with what its handlers have been given.
 *
 * `catching_up`: publications from before the subscription began are being handed out; `live`: these are done.
 * `waiting`: the connection or this subscription is tried again at `retryAt` (milliseconds since 1970). `stopped`: the
 * server refused it, the connection stopped, or it was ended here (`unsubscribed`, `closed`).
 */
export type SubscriptionState =
  | { readonly name: 'disconnected' }
  | { readonly name: 'connecting' }
  | { readonly name: 'catching_up'; readonly recovery: Recovery }
  | { readonly name: 'live'; readonly recovery: Recovery }
  | { readonly name: 'waiting'; readonly retryAt: number }
  | { readonly name: 'stopped'; readonly reason: StopReason | 'unsubscribed' };

export type SubscriptionEvent =
  | { readonly type: 'connection'; readonly state: ConnectionState }
  | { readonly type: 'asked' }
  | { readonly type: 'connect'; readonly recovery: Recovery }
  | { readonly type: 'caught_up' }
  | { readonly type: 'delayed'; readonly retryAt: number }
  | { readonly type: 'stopped'; readonly reason: StopReason | 'unsubscribed' };

export function transition(state: SubscriptionState, event: SubscriptionEvent): SubscriptionState {
  switch (event.type) {
    case 'connection':
      return follow(state, event.state);
    case 'asked':
      return { name: 'connecting' };
    case 'connect':
      return { name: event.recovery.count > 0 ? 'catching_up' : 'live', recovery: event.recovery };
    case 'caught_up':
      return state.name === 'catching_up' ? { name: 'live', recovery: state.recovery } : state;
    case 'delayed':
      return { name: 'waiting', retryAt: event.retryAt };
    case 'stopped':
      return { name: 'stopped', reason: event.reason };
  }
}

function follow(state: SubscriptionState, connection: ConnectionState): SubscriptionState {
  switch (connection.name) {
    case 'disconnected':
      return { name: 'disconnected' };
    case 'connecting':
      return { name: 'connecting' };
    case 'connected':
      // The connection is proved by an answer, which may have moved this subscription on already.
      return state.name === 'disconnected' || state.name === 'stopped' ? { name: 'connecting' } : state;
    case 'waiting':
      return { name: 'waiting', retryAt: connection.retryAt };
    case 'stopped':
      return { name: 'stopped', reason: connection.reason };
    case 'closed':
      return { name: 'stopped', reason: 'closed' };
  }
}

/** What a subscription has received of its topic. */
export interface Reading {
  /** Everything up to here was received, and is handled or waits for that. */
  readonly received: Position | undefined;
  /** The server's answer, from which on publications count; `undefined` before it. */
  readonly recovery: Recovery | undefined;
  /** How many publications from before the subscription are still to come. */
  readonly left: number;
}

export function readConnect({ received }: Reading, recovery: Recovery): Reading {
  return {
    received: received && recovery.status !== 'gap' ? received : parsePosition(recovery.from),
    recovery,
    left: recovery.count,
  };
}

/**
 * Takes the next publication into a reading: `undefined` when it belongs to another epoch. It is `fresh` when it was
 * not received before, and `recovered` when it was published before the subscription began.
 */
export function readPublication(
  { received, recovery, left }: Reading,
  { epoch, offset }: Position,
): { readonly reading: Reading; readonly fresh: boolean; readonly recovered: boolean } | undefined {
  if (received && received.epoch !== epoch) return undefined;
  const to = recovery ? (parsePosition(recovery.to)?.offset ?? 0) : 0;
  const fresh = !received || offset > received.offset;
  return {
    reading: {
      received: fresh ? { epoch, offset } : received,
      recovery,
      // At the top nothing is left, whatever was counted.
      left: offset < to ? Math.max(0, left - 1) : 0,
    },
    fresh,
    recovered: offset <= to,
  };
}
