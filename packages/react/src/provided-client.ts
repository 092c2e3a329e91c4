import type { DiagnosisStore, StoreOptions } from './diagnosis-store.ts';
import { Holders } from './holders.ts';
import type { AnyClient } from './register.ts';

/**
 * The client of one provider, and what is shown of its diagnoses. It is created when an effect first needs it: rendering
 * creates nothing, neither in a browser nor on a server.
 */
export class ProvidedClient {
  /** The caller's client, who also closes it. */
  readonly given: AnyClient | undefined;
  readonly #create: () => AnyClient;
  readonly #stores = new Set<DiagnosisStore>();
  readonly #listeners = new Set<() => void>();
  #client: AnyClient | undefined;
  #holders: Holders | undefined;

  /** @param source the caller's client, or what makes one of the provider's */
  constructor(source: AnyClient | (() => AnyClient)) {
    this.given = this.#client = typeof source === 'function' ? undefined : source;
    this.#create = typeof source === 'function' ? source : () => source;
  }

  /** The client; `undefined` before the first effect, and on a server. */
  get current(): AnyClient | undefined {
    return this.#client;
  }

  /** Calls the listener when there is another {@link current} client. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The client, created if need be. Only effects may call it. */
  acquire(): AnyClient {
    const client = this.#client ?? this.#create();
    if (client !== this.#client) this.#change(client);
    return client;
  }

  /** The provider is mounted. Returns the function that says that it is not. */
  hold(): () => void {
    if (this.given) return () => {};
    if (!this.#holders || this.#holders.ended) this.#holders = new Holders(() => this.#close());
    this.acquire().connect();
    return this.#holders.hold();
  }

  /** What is shown of a diagnosis, if somebody looks. */
  find(diagnosisId: number, options: StoreOptions): DiagnosisStore | undefined {
    for (const store of this.#stores) if (store.serves(diagnosisId, options)) return store;
    return undefined;
  }

  add(store: DiagnosisStore): void {
    this.#stores.add(store);
  }

  remove(store: DiagnosisStore): void {
    this.#stores.delete(store);
  }

  #close(): void {
    this.#client?.close();
    this.#change(undefined);
  }

  #change(client: AnyClient | undefined): void {
    this.#client = client;
    for (const listener of [...this.#listeners]) listener();
  }
}
