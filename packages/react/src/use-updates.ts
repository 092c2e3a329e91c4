import type {
  AnyPublication,
  GapHandling,
  HandlerContext,
  Publication,
  SnapshotOptions,
  SubscribeOptions,
  Subscription,
} from '@vitalwire/client';
import type { Catalogue, DataOf, PublicationType } from '@vitalwire/protocol';
import { useEffect, useInsertionEffect, useRef } from 'react';
import { useProvided } from './context.ts';
import { Holders, nobodyThere } from './holders.ts';
import type { ProvidedClient } from './provided-client.ts';
import type { RegisteredCatalogue, RegisteredHandlesGaps } from './register.ts';

/** A message type of the catalogue, or `publication` for all of them. */
export type UpdatesType = PublicationType<RegisteredCatalogue> | 'publication';

type Handler<Type extends UpdatesType> = [Type] extends [PublicationType<RegisteredCatalogue>]
  ? (
      data: DataOf<Type, RegisteredCatalogue>,
      publication: Publication<Type, RegisteredCatalogue>,
      context: HandlerContext,
    ) => unknown
  : (publication: AnyPublication<RegisteredCatalogue>, context: HandlerContext) => unknown;

/**
 * Options of {@link useUpdates}: those of the client's `subscribe`. Functions count as they are now, the others as they were
 * when it subscribed.
 */
export type UpdatesOptions<State = unknown> = SubscribeOptions<State>;

/**
 * Calls a handler with each publication of one type while the component is mounted, once and in order; an async handler is
 * awaited. The handler is always the one of the last render. It never renders the component. Without an id it does nothing.
 *
 * It begins at the position that is held, after what was handled last. Where the page subscribes to the diagnosis already, it
 * begins where the others have come to. What a handler has not been given when the component is unmounted is not handled.
 *
 * @throws {ClientError} `no_provider`; and in an effect `invalid_option`: the id is no positive integer, an option is wrong,
 * or nothing says what happens at a gap.
 * @example
 * useUpdates(123, 'feedback_update', ({ rating }) => toast(`rated ${rating} of 5`), { onGap: 'ignore' });
 */
export function useUpdates<Type extends UpdatesType, State = unknown>(
  diagnosisId: number | null | undefined,
  type: Type,
  handler: Handler<Type>,
  ...[options]: RegisteredHandlesGaps extends true
    ? [options?: UpdatesOptions<State>]
    : [options: UpdatesOptions<State> & ({ onGap: GapHandling } | SnapshotOptions<State>)]
): void {
  const provided = useProvided('useUpdates');
  const given = (options ?? {}) as SubscribeOptions;
  const latest = useRef({ handler, options: given });
  useInsertionEffect(() => {
    latest.current = { handler, options: given };
  });
  const kept = useRef<Kept>(undefined);
  useEffect(() => {
    if (diagnosisId === undefined || diagnosisId === null) return;
    if (!kept.current?.serves(provided, diagnosisId)) {
      kept.current = new Kept(provided, diagnosisId, () => latest.current.options);
    }
    const { subscription, holders } = kept.current;
    const release = holders.hold();
    const off = subscription?.on(type as 'publication', (...values) =>
      (latest.current.handler as (...values: unknown[]) => unknown)(...values),
    );
    return () => {
      // Nothing is handed out from here on, also if the subscription lives on for a moment.
      off?.();
      release();
    };
  }, [provided, diagnosisId, type]);
}

/** The subscription of one component, which outlives that React runs the effect again. */
class Kept {
  /** `undefined` when the client is closed already. */
  readonly subscription: Subscription<Catalogue> | undefined;
  readonly holders: Holders;
  readonly #provided: ProvidedClient;

  constructor(provided: ProvidedClient, diagnosisId: number, latest: () => SubscribeOptions) {
    const client = provided.acquire();
    const closed = client.state.name === 'closed';
    this.#provided = provided;
    this.holders = new Holders(() => this.subscription?.unsubscribe());
    const options = forwarding(latest, () => this.holders.held);
    this.subscription = closed ? undefined : client.subscribe(diagnosisId, options);
  }

  serves(provided: ProvidedClient, diagnosisId: number): boolean {
    return (
      !this.holders.ended && provided === this.#provided && diagnosisId === this.subscription?.diagnosisId
    );
  }
}

/** Options whose functions are always those of the last render. `isHeld`: the component is mounted. */
function forwarding(latest: () => SubscribeOptions, isHeld: () => boolean): SubscribeOptions {
  const { onGap, loadSnapshot, onSnapshot, ...others } = latest();
  const forwarded: Record<string, unknown> = { ...others };
  for (const [name, value] of Object.entries({ onGap, loadSnapshot, onSnapshot })) {
    if (typeof value === 'function') {
      forwarded[name] = (...values: unknown[]) => {
        if (name === 'onGap' && !isHeld()) return nobodyThere();
        const now = latest()[name as keyof SubscribeOptions] as unknown;
        return typeof now === 'function' ? now(...values) : undefined;
      };
    } else if (value !== undefined) forwarded[name] = value;
  }
  return forwarded as SubscribeOptions;
}
