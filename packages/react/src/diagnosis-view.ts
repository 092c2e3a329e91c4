import type { ClientError, Continuity, Gap, Publication, SubscriptionState } from '@vitalwire/client';
import type { Position, PublicationType } from '@vitalwire/protocol';
import type { RegisteredCatalogue } from './register.ts';

/**
 * A diagnosis as a component sees it in one render. What the component reads is noted: it renders again when that changes,
 * and only then. So read in the render what you use, also for an event handler. All components see the same at the same
 * time.
 */
export interface DiagnosisView<State = unknown> {
  /**
   * The last publication of each type that came while somebody watched, by type. It begins empty; what a diagnosis is before
   * that, `loadSnapshot` knows. After a gap it may be out of date.
   */
  readonly latest: {
    readonly [Type in PublicationType<RegisteredCatalogue>]?: Publication<Type, RegisteredCatalogue>;
  };
  /** The state of `loadSnapshot` with every publication since on top; `undefined` until it was loaded. */
  readonly data: State | undefined;
  /** The state of the subscription; `disconnected` before the first effect, on a server, and without an id. */
  readonly state: SubscriptionState;
  /** Whether it went on without a break when it last began to receive; it stays while the connection is lost. */
  readonly continuity: Continuity | undefined;
  /** The last gap, until {@link acknowledgeGap} or the snapshot that bridges it. */
  readonly gap: Gap | undefined;
  /** Takes {@link gap} away, for all components. Always the same function. */
  readonly acknowledgeGap: () => void;
  /** Everything up to here is contained in {@link latest} and {@link data}; `undefined` until the first connection. */
  readonly position: Position | undefined;
  /** Why it stopped, with the reason as `code`; `undefined` while it has not. Throw it to reach an error boundary. */
  readonly error: ClientError | undefined;
}

/** What a store shows; the catalogue's types are laid over it by {@link DiagnosisView}. */
export type View = Omit<DiagnosisView, 'latest' | 'acknowledgeGap'> & {
  readonly latest: Readonly<Record<string, unknown>>;
};

/** What is shown of a diagnosis that nobody subscribed to yet. */
export const NOTHING: View = {
  latest: {},
  data: undefined,
  state: { name: 'disconnected' },
  continuity: undefined,
  gap: undefined,
  position: undefined,
  error: undefined,
};
