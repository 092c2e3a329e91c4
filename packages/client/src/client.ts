import type { Catalogue, StandardCatalogue } from '@vitalwire/protocol';
import type { ConnectionState } from './connection-state.ts';
import type { GapHandling } from './gap.ts';
import type { ClientOptions, SubscribeOptions } from './options.ts';
import type { Subscription } from './subscription.ts';

/** Subscribes to diagnoses over one connection. `HandlesGaps`: the client was given `onGap`. */
export interface Client<C extends Catalogue = StandardCatalogue, HandlesGaps extends boolean = false> {
  readonly state: ConnectionState;
  /** Calls `handler` with each new state. Returns the function that ends this. */
  on(type: 'state', handler: (state: ConnectionState) => void): () => void;
  /**
   * Subscribes to a diagnosis and connects when needed.
   *
   * @throws {ClientError} `invalid_option` when nothing says what happens at a gap; `already_subscribed`: a diagnosis
   * has one subscription at a time; `closed`.
   */
  subscribe(
    diagnosisId: number,
    ...options: HandlesGaps extends true
      ? [options?: SubscribeOptions]
      : [options: SubscribeOptions & { onGap: GapHandling }]
  ): Subscription<C>;
  /** Connects now, also without a subscription, after {@link disconnect} and when stopped. Cuts a wait short. */
  connect(): void;
  /** Disconnects and stays away until {@link connect}. Subscriptions stay and resume then. */
  disconnect(): void;
  /** Cuts the socket and connects again by the usual schedule. */
  reconnect(): void;
  /** Ends every subscription and the connection, finally. */
  close(): void;
}

/** Creates a client. It connects with the first subscription. */
export function createClient<const C extends Catalogue = StandardCatalogue>(
  options: ClientOptions<C> & { onGap: GapHandling },
): Client<C, true>;
export function createClient<const C extends Catalogue = StandardCatalogue>(
  options: ClientOptions<C>,
): Client<C>;
export function createClient<C extends Catalogue>(_options: ClientOptions<C>): Client<C> {
  throw new Error('not yet');
}
