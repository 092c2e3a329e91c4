import { type Catalogue, createFrameReader, type StandardCatalogue } from '@vitalwire/protocol';
import { createConnection } from './connection.ts';
import type { ConnectionState } from './connection-state.ts';
import type { GapHandling } from './continuity.ts';
import { createEmitter } from './emitter.ts';
import { ClientError } from './errors.ts';
import { type InspectionEvent, type InspectOptions, inspect } from './inspect.ts';
import { showToObserver } from './observer.ts';
import { type ClientOptions, clientSettings, type SubscribeOptions, subscribeSettings } from './options.ts';
import type { SnapshotOptions } from './snapshot.ts';
import type { Subscription } from './subscription.ts';
import { createRegistry, type SubscriptionRegistry } from './subscription-registry.ts';

/** Subscribes to diagnoses over one connection. `HandlesGaps`: the client was given `onGap`. */
export interface Client<C extends Catalogue = StandardCatalogue, HandlesGaps extends boolean = false> {
  readonly state: ConnectionState;
  /** What happens at a gap of a subscription that says nothing of its own, as `createClient` was told. */
  readonly onGap: GapHandling | undefined;
  /** Calls `handler` with each new state. Returns the function that ends this. */
  on(type: 'state', handler: (state: ConnectionState) => void): () => void;
  /**
   * Subscribes to a diagnosis and connects when needed. All subscriptions of one diagnosis share one at the server, each
   * with handlers of its own. The first begins at the position that is held; one that joins others begins where
   * these have come to. After the last was ended the server is told only after `lingerMs`.
   *
   * @throws {ClientError} `invalid_option`: the id is no positive integer, an option is unknown or wrong, or nothing
   * says what happens at a gap; `closed`.
   */
  subscribe<State = unknown>(
    diagnosisId: number,
    ...options: HandlesGaps extends true
      ? [options?: SubscribeOptions<State>]
      : [options: SubscribeOptions<State> & ({ onGap: GapHandling } | SnapshotOptions<State>)]
  ): Subscription<C>;
  /**
   * Connects now: without a subscription as well, after {@link disconnect} and when stopped. Cuts a wait short. From
   * then on the connection is kept also when nothing is subscribed to.
   */
  connect(): void;
  /** Disconnects and stays away until {@link connect}. Subscriptions stay and resume then. */
  disconnect(): void;
  /**
   * Calls `listener` with everything that happens on the connection: states, frames, recoveries, gaps and timings. What
   * publications say is left out unless it is asked for, and tokens always. Returns the function that ends this. It is
   * for eyes and tools: code that acts on publications subscribes. Costs nothing while nobody listens.
   */
  inspect(listener: (event: InspectionEvent) => void, options?: InspectOptions): () => void;
  /** Cuts the socket and connects again by the usual schedule. Does nothing where there is none. */
  reconnect(): void;
  /** Ends every subscription and the connection, finally. */
  close(): void;
}

/**
 * Creates a client. It connects with the first subscription and disconnects after the last.
 *
 * @throws {ClientError} `invalid_option`, naming an option that is missing, wrong or unknown.
 * @example
 * const client = createClient({ url: 'wss://example.org/ws', getToken: () => fetchToken() });
 * const subscription = client.subscribe(123, { onGap: () => reloadDiagnosis(123) });
 * subscription.on('effectiveness_update', (data) => show(data.new_effectiveness));
 */
export function createClient<const C extends Catalogue = StandardCatalogue>(
  options: ClientOptions<C> & { onGap: GapHandling },
): Client<C, true>;
export function createClient<const C extends Catalogue = StandardCatalogue>(
  options: ClientOptions<C>,
): Client<C>;
export function createClient<C extends Catalogue>(options: ClientOptions<C>): Client<C, true> {
  const settings = clientSettings(options);
  const emitter = createEmitter(settings.report);
  /** The user asked for the connection, or for its absence. */
  let wish: 'connected' | 'disconnected' | undefined;

  const connection = createConnection(settings, createFrameReader(settings.catalogue), {
    changed(state) {
      registry.changed(state);
      emitter.emit('state', state);
    },
    opened: () => registry.opened(),
    received: (received) => registry.received(received),
  });
  const registry: SubscriptionRegistry = createRegistry(settings, connection, () =>
    // Not at once: who leaves one diagnosis often enters another in the same turn.
    queueMicrotask(() => {
      if (registry.size === 0 && wish !== 'connected') connection.disconnect();
    }),
  );

  const client: Client<C, true> = {
    get state() {
      return connection.state;
    },
    onGap: settings.onGap,
    on: emitter.on,
    subscribe(diagnosisId, subscribeOptions = {}) {
      const checked = subscribeSettings(diagnosisId, subscribeOptions as SubscribeOptions, settings);
      if (connection.state.name === 'closed') throw new ClientError('closed', 'the client is closed');
      const subscription = registry.add(diagnosisId, checked);
      if (!wish && connection.state.name === 'disconnected') connection.connect();
      return subscription as unknown as Subscription<C>;
    },
    connect() {
      wish = 'connected';
      connection.connect();
    },
    disconnect() {
      wish = 'disconnected';
      connection.disconnect();
    },
    inspect: (listener, options) => inspect(connection, settings.report, listener, options),
    reconnect: connection.reconnect,
    close() {
      registry.close();
      connection.close();
    },
  };
  showToObserver(client);
  return client;
}
