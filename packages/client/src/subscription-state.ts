import type { Recovery } from '@vitalwire/protocol';
import type { StopReason } from './connection-state.ts';

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
