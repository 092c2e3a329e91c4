import type { Catalogue, DataOf, Position, PublicationType, StandardCatalogue } from '@vitalwire/protocol';
import type { HandlerContext } from './continuity.ts';
import type { AnyPublication, Publication } from './publication.ts';
import type { SubscriptionState } from './subscription-state.ts';

/**
 * One topic, as users hold it. Publications are handed out one after another: each handler is awaited, in the order of
 * their registration, and only then does the position move (see `commit`) and the next publication follow. Without any
 * handler or loop they wait. A handler that throws is treated as `onHandlerError` says.
 *
 * Several subscriptions of one diagnosis are handed things independently: a slow or failing one holds up no other. What is
 * stored for the next page is the position of the one that has come least far.
 *
 * As an async iterable it yields publications until the subscription ends. They are processed when the loop asks for
 * the next one or is left; leaving a loop ends only that loop.
 */
export interface Subscription<C extends Catalogue = StandardCatalogue>
  extends AsyncIterable<AnyPublication<C>> {
  readonly diagnosisId: number;
  readonly state: SubscriptionState;
  /** Everything up to here was processed; `undefined` until the first connection. */
  readonly position: Position | undefined;
  /** Calls `handler` with each publication of one type. Returns the function that ends this. */
  on<Type extends PublicationType<C>>(
    type: Type,
    handler: (data: DataOf<Type, C>, publication: Publication<Type, C>, context: HandlerContext) => unknown,
  ): () => void;
  /** Calls `handler` with each publication of any type. */
  on(
    type: 'publication',
    handler: (publication: AnyPublication<C>, context: HandlerContext) => unknown,
  ): () => void;
  /** Calls `handler` with each new state. */
  on(type: 'state', handler: (state: SubscriptionState) => void): () => void;
  /** Says that everything handed out so far is processed, where the option `commit` is `'manual'`. */
  commit(): void;
  /** Ends this subscription, finally; loops over it end. A new one resumes from the position, if it is the only one. */
  unsubscribe(): void;
}
