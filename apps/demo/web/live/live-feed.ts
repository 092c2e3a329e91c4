import {
  type AnyPublication,
  type Client,
  type ConnectionState,
  createClient,
  type Gap,
  type Subscription,
  type SubscriptionState,
} from '@vitalwire/client';
import type { Position } from '@vitalwire/protocol';
import type { DiagnosisSnapshot } from '../../server/views.ts';
import { type Api, RefusedError } from '../api.ts';
import { apply } from './diagnosis-state.ts';

/** One diagnosis, as it is known here and now. */
export interface TopicView {
  readonly diagnosisId: number;
  readonly state: SubscriptionState;
  readonly position: Position | undefined;
  /** What arrived since the page was opened, the oldest first. */
  readonly arrivals: readonly AnyPublication[];
  /** How many of all arrivals had been published while nobody was here to receive them. */
  readonly recovered: number;
  readonly gaps: readonly Gap[];
  /** What the clinic knows, with the arrivals on top; absent until it was loaded, and when it was refused. */
  readonly diagnosis?: DiagnosisSnapshot;
  /** Why the clinic does not tell. */
  readonly refusal?: string;
}

/** Everything that the page shows of the live connection. */
export interface LiveView {
  readonly connection: ConnectionState;
  readonly topics: readonly TopicView[];
  /** How many tokens were fetched since the page was opened; more than one means refreshed. */
  readonly tokens: number;
}

export const NOTHING_LIVE: LiveView = { connection: { name: 'disconnected' }, topics: [], tokens: 0 };

/** More than a visitor will scroll through; the log of the server holds the rest. */
const MOST_ARRIVALS = 200;
const LOAD_RETRY_MS = 1_500;

/** Follows some diagnoses over one connection: the clinic's records first, and live updates on top. */
export class LiveFeed {
  readonly client: Client;
  readonly #api: Api;
  readonly #listeners = new Set<() => void>();
  #view: LiveView = NOTHING_LIVE;
  #closed = false;

  constructor(api: Api, diagnosisIds: readonly number[]) {
    this.#api = api;
    this.client = createClient({
      url: '/ws',
      // The page shows what was refused; the console keeps the rest.
      onError: (error) => console.warn(error),
      getToken: async () => {
        const token = await api.token();
        this.#change({ tokens: this.#view.tokens + 1 });
        return token;
      },
    });
    this.client.on('state', (connection) => this.#change({ connection }));
    // Whoever is refused everywhere stays connected too, and sees it.
    this.client.connect();
    for (const id of diagnosisIds) this.#follow(id);
  }

  get view(): LiveView {
    return this.#view;
  }

  /** Calls the listener after each change of {@link view}. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.client.close();
  }

  #follow(diagnosisId: number): void {
    const subscription = this.client.subscribe(diagnosisId, {
      // Messages are missing for good, so the page starts from the clinic's records again.
      onGap: async (gap) => {
        this.#changeTopic(diagnosisId, ({ gaps }) => ({ gaps: [...gaps, gap] }));
        await this.#load(diagnosisId);
      },
    });
    const first = { diagnosisId, state: subscription.state, position: subscription.position };
    const topic: TopicView = { ...first, arrivals: [], recovered: 0, gaps: [] };
    this.#change({ topics: [...this.#view.topics, topic] });
    subscription.on('state', () => this.#changeTopic(diagnosisId, () => placeOf(subscription)));
    subscription.on('publication', (publication) => this.#arrive(publication, subscription));
    void this.#load(diagnosisId);
  }

  #arrive(publication: AnyPublication, subscription: Subscription): void {
    this.#changeTopic(publication.diagnosis_id, ({ arrivals, recovered, diagnosis }) => ({
      ...placeOf(subscription),
      position: { epoch: publication.epoch, offset: publication.offset },
      arrivals: [...arrivals, publication].slice(-MOST_ARRIVALS),
      recovered: recovered + (publication.recovered ? 1 : 0),
      ...(diagnosis && { diagnosis: apply(diagnosis, publication) }),
    }));
  }

  /** Loads the records, again and again until the clinic answers. */
  async #load(diagnosisId: number): Promise<void> {
    while (!this.#closed) {
      try {
        const loaded = await this.#api.diagnosis(diagnosisId);
        this.#changeTopic(diagnosisId, ({ arrivals }) => ({ diagnosis: arrivals.reduce(apply, loaded) }));
        return;
      } catch (error) {
        if (error instanceof RefusedError && error.status < 500) {
          return this.#changeTopic(diagnosisId, () => ({ refusal: error.message }));
        }
        await new Promise((resolve) => setTimeout(resolve, LOAD_RETRY_MS));
      }
    }
  }

  #changeTopic(diagnosisId: number, change: (topic: TopicView) => Partial<TopicView>): void {
    const topics = this.#view.topics.map((topic) =>
      topic.diagnosisId === diagnosisId ? { ...topic, ...change(topic) } : topic,
    );
    this.#change({ topics });
  }

  #change(change: Partial<LiveView>): void {
    if (this.#closed) return;
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}

function placeOf({ state, position }: Subscription): Pick<TopicView, 'state' | 'position'> {
  return { state, position };
}
