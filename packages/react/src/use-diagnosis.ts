import type { AnyPublication, GapHandling, SnapshotOptions, SubscribeOptions } from '@vitalwire/client';
import { useInsertionEffect, useMemo, useSyncExternalStore } from 'react';
import { useProvided } from './context.ts';
import type { StoreOptions } from './diagnosis-store.ts';
import type { DiagnosisView } from './diagnosis-view.ts';
import type { RegisteredCatalogue, RegisteredHandlesGaps } from './register.ts';
import { Watch } from './watch.ts';

interface SnapshotAnswer<State> {
  /**
   * Reads the state of the diagnosis from your backend, with its position, as in the client. `data` begins with it, and with
   * a new one after each gap.
   */
  loadSnapshot: SnapshotOptions<State>['loadSnapshot'];
  /** The state after one more publication; a pure function. When it throws, the subscription stops with `handler_failed`. */
  reduce: (state: State, publication: AnyPublication<RegisteredCatalogue>) => State;
}

/**
 * Options of {@link useDiagnosis}: what happens at a gap is said by `onGap`, or by `loadSnapshot`. Components that pass the
 * same `loadSnapshot` and `reduce`, such as functions of a module, share one subscription and see the same state. Functions
 * count as they are now; a changed `loadSnapshot` is called the next time that one is needed.
 */
export type DiagnosisOptions<State = undefined> =
  | {
      /** What happens at a gap, apart from being shown as `gap`. Needed unless the client was given one. */
      onGap?: GapHandling;
      /** As in the client. */
      after?: SubscribeOptions['after'];
      /** What happens when `onGap` throws, as in the client. @default 'skip' */
      onHandlerError?: SubscribeOptions['onHandlerError'];
      loadSnapshot?: never;
      reduce?: never;
    }
  | (SnapshotAnswer<State> & {
      /** Told of a gap before the snapshot is loaded that bridges it. @default 'ignore' */
      onGap?: GapHandling;
      /** What happens when `reduce` or `onGap` throws, as in the client. @default 'stop' */
      onHandlerError?: SubscribeOptions['onHandlerError'];
      after?: never;
    });

/**
 * Subscribes to a diagnosis while the component is mounted, and shows what came: the latest publication of each type, the
 * state that follows from a snapshot, how the subscription is, and gaps. The component renders again only when something
 * changes that it reads. Without an id it does nothing. Another id shows nothing of the one before.
 *
 * @throws {ClientError} `no_provider`; and in an effect `invalid_option`: the id is no positive integer, an option is wrong,
 * or nothing says what happens at a gap.
 * @example
 * const { latest, gap } = useDiagnosis(123, { onGap: 'ignore' });
 */
export function useDiagnosis<State = undefined>(
  diagnosisId: number | null | undefined,
  ...[options]: RegisteredHandlesGaps extends true
    ? [options?: DiagnosisOptions<State>]
    : [options: DiagnosisOptions<State> & ({ onGap: GapHandling } | SnapshotAnswer<State>)]
): DiagnosisView<State> {
  const provided = useProvided('useDiagnosis');
  const given = (options ?? {}) as StoreOptions;
  const loads = given.loadSnapshot !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: other options do not make it another subscription
  const watch = useMemo(
    () => new Watch(provided, diagnosisId ?? undefined, given),
    [provided, diagnosisId, loads],
  );
  useInsertionEffect(() => {
    watch.options = given;
  });
  const shown = useSyncExternalStore(watch.subscribe, watch.getSnapshot, watch.getServerSnapshot);
  const { view } = shown;
  return useMemo(() => watch.give({ view }), [watch, view]) as unknown as DiagnosisView<State>;
}
