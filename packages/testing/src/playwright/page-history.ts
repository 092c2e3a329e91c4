import type { ClientEvent, Continuity, HandledPublication, SubscriptionState } from './page-events.ts';

/** A publication in a page's history. */
export interface Received extends HandledPublication {
  /** It was handled before: given twice. */
  readonly again: boolean;
  /** A handler threw, and was not given it again since. */
  readonly failed: boolean;
}

/** How a subscription began, and how much of the history was there before. */
export interface Beginning extends Continuity {
  readonly diagnosisId: number;
  readonly after: number;
}

/** A subscription of the page as it is now. */
export interface ObservedSubscription {
  readonly diagnosisId: number;
  readonly state: SubscriptionState;
  /** The last time that it began to receive; `undefined` before the first. */
  readonly beginning: Beginning | undefined;
}

/**
 * What a page's handlers were given since the page was opened, over all its reloads. Handlers that were there at the same
 * time and are given the same publication make one entry. A handler that is given one again, or one that was handled
 * before this handler was there, makes another entry. On top of a state that was loaded it is no repetition: the state before
 * is gone.
 */
export class PageHistory {
  readonly #entries: Entry[] = [];
  readonly #beginnings: Beginning[] = [];
  readonly #subscriptions = new Map<string, ObservedSubscription & { page: string }>();
  /** Handlers by the order in which they came. */
  readonly #handlers = new Map<string, number>();
  /** The page that is shown, and frames in it. */
  #shown: string[] = [];
  #connection = 'no client was seen';
  readonly #listeners = new Set<() => void>();

  /** In the order in which handlers were done. */
  get received(): readonly Received[] {
    return this.#entries;
  }

  /** Each time that a subscription began to receive. */
  get beginnings(): readonly Beginning[] {
    return this.#beginnings;
  }

  /** The subscriptions of the page that is shown. */
  get subscriptions(): readonly ObservedSubscription[] {
    return [...this.#subscriptions.values()].filter(({ page }) => this.#shown.includes(page));
  }

  /** The state of the client that changed last. */
  get connection(): string {
    return this.#connection;
  }

  /** Calls the listener after each event, so that it sees every state. Returns the function that ends this. */
  onEvent(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(event: ClientEvent): void {
    this.#take(event);
    for (const listener of this.#listeners) listener();
  }

  #take(event: ClientEvent): void {
    switch (event.kind) {
      case 'shown':
        this.#shown = event.inFrame ? [...this.#shown, event.page] : [event.page];
        return;
      case 'connection':
        this.#connection = [event.state.name, event.state.reason].filter(Boolean).join(': ');
        return;
      case 'state':
        return this.#changed(event);
      case 'handler':
        this.#handlers.set(event.handler, this.#handlers.size);
        return;
      case 'handled':
        return this.#handled(event);
    }
  }

  #changed({ page, subscription, diagnosisId, state }: Extract<ClientEvent, { kind: 'state' }>): void {
    if (state.name === 'stopped' && (state.reason === 'unsubscribed' || state.reason === 'closed')) {
      this.#subscriptions.delete(subscription);
      return;
    }
    const before = this.#subscriptions.get(subscription);
    const continuity = continuityOf(state);
    const goesOn = continuity === undefined || isSame(continuity, before && continuityOf(before.state));
    const beginning = goesOn
      ? before?.beginning
      : { ...continuity, diagnosisId, after: this.#entries.length };
    this.#subscriptions.set(subscription, { page, diagnosisId, state, beginning });
    if (!goesOn && beginning) this.#beginnings.push(beginning);
  }

  #handled({ handler, failed, onState, publication }: Extract<ClientEvent, { kind: 'handled' }>): void {
    const known = this.#entries.findLast((entry) => entry.isOf(publication));
    const order = onState ? -1 : this.#handlers.get(handler);
    if (known?.joins(handler, order)) return known.add(handler, failed);
    const entry = new Entry(publication, known !== undefined, this.#handlers.size);
    entry.add(handler, failed);
    this.#entries.push(entry);
  }
}

class Entry implements Received {
  readonly type: string;
  readonly diagnosis_id: number;
  readonly epoch: string;
  readonly offset: number;
  readonly data: unknown;
  readonly recovered: boolean;
  readonly again: boolean;
  /** Handlers that were there when the first one was done. */
  readonly #handlersThen: number;
  readonly #handled = new Set<string>();
  readonly #failed = new Set<string>();

  constructor(publication: HandledPublication, again: boolean, handlersThen: number) {
    this.type = publication.type;
    this.diagnosis_id = publication.diagnosis_id;
    this.epoch = publication.epoch;
    this.offset = publication.offset;
    this.data = publication.data;
    this.recovered = publication.recovered;
    this.again = again;
    this.#handlersThen = handlersThen;
  }

  get failed(): boolean {
    return this.#failed.size > 0;
  }

  isOf({ diagnosis_id, epoch, offset }: HandledPublication): boolean {
    return this.diagnosis_id === diagnosis_id && this.epoch === epoch && this.offset === offset;
  }

  /** Whether it is this handler's turn as well, or its turn again after it failed. */
  joins(handler: string, order = Number.POSITIVE_INFINITY): boolean {
    if (this.#handled.size === 0 || this.#failed.has(handler)) return true;
    return !this.#handled.has(handler) && order < this.#handlersThen;
  }

  add(handler: string, failed: boolean): void {
    if (failed) {
      this.#failed.add(handler);
    } else {
      // Where nobody handled it before, whoever does makes up for those who failed.
      if (this.#handled.size === 0) this.#failed.clear();
      this.#failed.delete(handler);
      this.#handled.add(handler);
    }
  }
}

function continuityOf({ continuity, recovery }: SubscriptionState): Continuity | undefined {
  return continuity ?? recovery;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
