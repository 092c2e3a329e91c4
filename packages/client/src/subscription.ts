import type { Catalogue, DataOf, Position, PublicationType, StandardCatalogue } from '@vitalwire/protocol';
import type { AnyPublication, Publication } from './publication.ts';
import type { SubscriptionState } from './subscription-state.ts';

/**
 * One topic, as users hold it. Publications are handed out one after another: each handler is awaited, in the order of
 * their registration, and only then does the position move and the next publication follow. Without any handler or
 * loop they wait. A handler that throws is reported to `onError`; the position moves on.
 *
 * As an async iterable it yields publications until the subscription ends. The position moves when the loop asks for
 * the next one or is left; leaving a loop ends only that loop.
 */
export interface Subscription<C extends Catalogue = StandardCatalogue>
  extends AsyncIterable<AnyPublication<C>> {
  readonly diagnosisId: number;
  readonly state: SubscriptionState;
  /** Everything up to here was handled; `undefined` until the first connection. */
  readonly position: Position | undefined;
  /** Calls `handler` with each publication of one type. Returns the function that ends this. */
  on<Type extends PublicationType<C>>(
    type: Type,
    handler: (data: DataOf<Type, C>, publication: Publication<Type, C>) => unknown,
  ): () => void;
  /** Calls `handler` with each publication of any type. */
  on(type: 'publication', handler: (publication: AnyPublication<C>) => unknown): () => void;
  /** Calls `handler` with each new state. */
  on(type: 'state', handler: (state: SubscriptionState) => void): () => void;
  /** Ends this subscription, finally; loops over it end. A new one resumes from the position. */
  unsubscribe(): void;
}
