import { DiagnosisStore, type Onlooker, type StoreOptions } from './diagnosis-store.ts';
import { NOTHING, type View } from './diagnosis-view.ts';
import type { ProvidedClient } from './provided-client.ts';
import { Reads } from './reads.ts';

/** What a component was shown. It stays the same one as long as nothing changed that the component reads. */
interface Shown {
  view: View;
}

/** One component's look at one diagnosis. Everything that rendering calls leaves the client alone. */
export class Watch {
  /** Those of the last render. */
  options: StoreOptions;
  readonly #provided: ProvidedClient;
  readonly #diagnosisId: number | undefined;
  /** Those of the first render: components with the same see the same store. */
  readonly #first: StoreOptions;
  readonly #reads = new Reads();
  readonly #initial: Shown = { view: NOTHING };
  #shown = this.#initial;

  constructor(provided: ProvidedClient, diagnosisId: number | undefined, options: StoreOptions) {
    this.#provided = provided;
    this.#diagnosisId = diagnosisId;
    this.#first = this.options = options;
  }

  readonly subscribe = (changed: () => void): (() => void) => {
    if (this.#diagnosisId === undefined) return () => {};
    const watch = this;
    const onlooker: Onlooker = {
      changed,
      get options() {
        return watch.options;
      },
    };
    return (this.#store() ?? this.#open(this.#diagnosisId)).join(onlooker);
  };

  /** What the component is shown now. What it never read is kept up to date in it, for when it does. */
  readonly getSnapshot = (): Shown => {
    const view = this.#store()?.view ?? NOTHING;
    if (this.#reads.same(this.#shown.view, view)) this.#shown.view = view;
    else this.#shown = { view };
    return this.#shown;
  };

  readonly getServerSnapshot = (): Shown => this.#initial;

  /** What the hook returns. */
  give({ view }: Shown) {
    return this.#reads.noting(view, { acknowledgeGap: this.#acknowledgeGap });
  }

  readonly #acknowledgeGap = () => this.#store()?.acknowledgeGap();

  #store(): DiagnosisStore | undefined {
    return this.#diagnosisId === undefined ? undefined : this.#provided.find(this.#diagnosisId, this.#first);
  }

  #open(diagnosisId: number): DiagnosisStore {
    const provided = this.#provided;
    const ended = () => provided.remove(store);
    const store: DiagnosisStore = new DiagnosisStore(provided.acquire(), diagnosisId, this.#first, ended);
    provided.add(store);
    return store;
  }
}
