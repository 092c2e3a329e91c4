import {
  ClientError,
  type Gap,
  type GapHandling,
  type HandlerContext,
  type SnapshotOptions,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionState,
} from '@vitalwire/client';
import { type After, type Catalogue, formatAfter, type Position } from '@vitalwire/protocol';
import { NOTHING, type View } from './diagnosis-view.ts';
import { Holders, nobodyThere } from './holders.ts';
import type { AnyClient } from './register.ts';

/** A publication of any catalogue. */
interface LoosePublication extends Position {
  readonly type: string;
}

/** The options of `useDiagnosis`, without the types that users see. */
export interface StoreOptions {
  readonly onGap?: GapHandling | undefined;
  readonly after?: After | undefined;
  readonly onHandlerError?: SubscribeOptions['onHandlerError'] | undefined;
  readonly loadSnapshot?: SnapshotOptions['loadSnapshot'] | undefined;
  readonly reduce?: ((state: unknown, publication: never) => unknown) | undefined;
}

/** One component that looks at a store. */
export interface Onlooker {
  /** Those of its last render. */
  readonly options: StoreOptions;
  /** Called when there is another view. */
  readonly changed: () => void;
}

/** What is shown changes no more often than that, so that a page which missed a thousand does not render a thousand times. */
const FRAME_MS = 16;

/**
 * What all components that look at a diagnosis see, with one subscription. A view never changes; there is another one
 * instead, and everybody is told of it at the same time.
 */
export class DiagnosisStore {
  readonly #diagnosisId: number;
  readonly #client: AnyClient;
  readonly #options: StoreOptions;
  readonly #onlookers = new Set<Onlooker>();
  readonly #holders: Holders;
  readonly #subscription: Subscription<Catalogue> | undefined;
  /** Takes publications off. While nobody looks they wait. */
  #off: (() => void) | undefined;
  #view: View;
  /** What will be shown next. */
  #next: View;
  #shownAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @throws {ClientError} `invalid_option`. */
  constructor(client: AnyClient, diagnosisId: number, options: StoreOptions, ended: () => void) {
    this.#diagnosisId = diagnosisId;
    this.#client = client;
    this.#options = options;
    const closed = client.state.name === 'closed';
    this.#subscription = closed ? undefined : client.subscribe(diagnosisId, this.#subscribeOptions());
    const state: SubscriptionState = this.#subscription?.state ?? { name: 'stopped', reason: 'closed' };
    this.#view = this.#next = { ...NOTHING, ...this.#following(state) };
    this.#subscription?.on('state', (changed) => this.#change(this.#following(changed)));
    this.#holders = new Holders(() => {
      clearTimeout(this.#timer);
      this.#subscription?.unsubscribe();
      ended();
    });
  }

  get view(): View {
    return this.#view;
  }

  /** Whether a component with these options sees what this store shows. */
  serves(diagnosisId: number, { loadSnapshot, reduce, after, onHandlerError }: StoreOptions): boolean {
    const own = this.#options;
    return (
      diagnosisId === this.#diagnosisId &&
      loadSnapshot === own.loadSnapshot &&
      reduce === own.reduce &&
      text(after) === text(own.after) &&
      onHandlerError === own.onHandlerError
    );
  }

  /**
   * A component looks. Returns the function that ends this.
   *
   * @throws {ClientError} `invalid_option`: nothing says what happens at a gap.
   */
  join(onlooker: Onlooker): () => void {
    const release = this.#holders.hold();
    if (this.#handlingOf(onlooker) === undefined) {
      release();
      throw new ClientError('invalid_option', 'options.onGap is missing, wrong or unknown');
    }
    this.#onlookers.add(onlooker);
    this.#off ??= this.#subscription?.on('publication', (publication) => this.#take(publication));
    return () => {
      this.#onlookers.delete(onlooker);
      if (this.#onlookers.size === 0) {
        this.#off?.();
        this.#off = undefined;
      }
      release();
    };
  }

  acknowledgeGap(): void {
    this.#change({ gap: undefined });
  }

  // Inside

  /** Functions of the last render of a component that looks. */
  get #latest(): StoreOptions {
    const [first] = this.#onlookers;
    return first?.options ?? this.#options;
  }

  #subscribeOptions(): SubscribeOptions {
    const { after, onHandlerError, loadSnapshot, reduce } = this.#options;
    const onGap = (gap: Gap, context: HandlerContext) => this.#gap(gap, context);
    if (!loadSnapshot) {
      return { onGap, ...(after !== undefined && { after }), ...(onHandlerError && { onHandlerError }) };
    }
    if (!reduce) throw new ClientError('invalid_option', 'options.reduce is missing, wrong or unknown');
    return {
      onGap,
      // A state that lacks a publication would be wrong without a word.
      onHandlerError: onHandlerError ?? 'stop',
      loadSnapshot: (request) => (this.#latest.loadSnapshot ?? loadSnapshot)(request),
      onSnapshot: (data, { position }) => {
        this.#change({ data, gap: undefined, ...(position !== 'earliest' && { position }) });
      },
    };
  }

  #handlingOf({ options }: Onlooker): GapHandling | undefined {
    return options.onGap ?? (options.loadSnapshot ? 'ignore' : this.#client.onGap);
  }

  async #gap(gap: Gap, context: HandlerContext): Promise<void> {
    if (!this.#holders.held) return nobodyThere();
    this.#change({ gap });
    const handlings = new Set([...this.#onlookers].map((onlooker) => this.#handlingOf(onlooker)));
    const handled = [...handlings].map(async (handling) => {
      if (typeof handling === 'function') await handling(gap, context);
    });
    await Promise.all(handled);
  }

  #following(state: SubscriptionState): Partial<View> {
    const stopped = state.name === 'stopped' ? state.reason : undefined;
    const error =
      stopped === undefined
        ? undefined
        : new ClientError(stopped, `diagnosis ${this.#diagnosisId}: ${stopped}`);
    if (!('continuity' in state)) return { state, error };
    const { continuity } = state;
    if (continuity === this.#next?.continuity) return { state, error };
    return { state, error, continuity, position: this.#subscription?.position ?? continuity.from };
  }

  #take(publication: LoosePublication): void {
    const { type, epoch, offset } = publication;
    const { loadSnapshot, reduce } = this.#latest;
    // First of all, because it may throw.
    const data = loadSnapshot && reduce ? reduce(this.#next.data, publication as never) : undefined;
    const latest = { ...this.#next.latest, [type]: publication };
    this.#change({ latest, data, position: { epoch, offset } });
  }

  #change(change: Partial<View>): void {
    this.#next = { ...this.#next, ...change };
    if (this.#timer !== undefined || this.#holders.ended) return;
    const wait = this.#shownAt + FRAME_MS - performance.now();
    if (wait <= 0) this.#show();
    else this.#timer = setTimeout(() => this.#show(), wait);
  }

  #show(): void {
    this.#timer = undefined;
    this.#shownAt = performance.now();
    this.#view = this.#next;
    for (const { changed } of [...this.#onlookers]) changed();
  }
}

function text(after: After | undefined): string | undefined {
  return after && formatAfter(after);
}
