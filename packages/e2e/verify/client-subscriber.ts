import {
  type AnyPublication,
  type Client,
  type Continuity,
  createClient,
  type Gap,
  type Subscription,
} from '@vitalwire/client';
import { shareAcrossTabs } from '@vitalwire/client/tabs';
import type { Position } from '@vitalwire/protocol';
import { digestOf, type Recorder, readPayload } from '@vitalwire/server/verify';
import type { Random } from '../support/random.ts';
import { withoutAWord } from '../support/without-a-word.ts';
import { recordedContinuity } from './recovery.ts';
import { passed, type Subscriber } from './subscriber.ts';
import type { User } from './user.ts';
import { View } from './view.ts';

export interface ClientSubscriberOptions {
  readonly name: string;
  readonly user: User;
  readonly topics: readonly number[];
  /** Where the server is reached. */
  readonly port: number;
  readonly recorder: Recorder;
  readonly random: Random;
  /** Positions that an earlier life of this device stored. */
  readonly stored?: Map<string, string>;
  /** It is a tab of a browser, and shares a connection with its user's others. */
  readonly shares?: boolean;
}

/** What takes seconds for users takes a fraction of that here. */
const IMPATIENT = {
  timeoutMs: 2_000,
  heartbeat: { intervalMs: 1_000, timeoutMs: 1_500 },
  backoff: { baseMs: 50, maxMs: 500 },
};

/** Part of the publications whose handler takes time. */
const SLOW_HANDLERS = 0.02;

/** The SDK's client as an application uses it: several topics over one connection, each handler call recorded. */
export class ClientSubscriber implements Subscriber {
  readonly name: string;
  readonly user: User;
  readonly #options: ClientSubscriberOptions;
  /** What survives a reload. */
  readonly stored: Map<string, string>;
  readonly #passed = new Map<number, Position>();
  #tab: Tab;
  #tabs = 0;
  /** Connections that were lost after they had been accepted. */
  losses = 0;

  constructor(options: ClientSubscriberOptions) {
    this.name = options.name;
    this.user = options.user;
    this.#options = options;
    this.stored = options.stored ?? new Map();
    this.#tab = this.#open();
  }

  get topics(): readonly number[] {
    return this.#options.topics;
  }

  /** Whether it is a tab that shares a connection with others. */
  get shares(): boolean {
    return this.#options.shares ?? false;
  }

  get connected(): boolean {
    return this.#tab.client.state.name === 'connected';
  }

  /** Why the server sent it away for good; `undefined` while it did not. */
  get refusal(): string | undefined {
    const { state } = this.#tab.client;
    return state.name === 'stopped' ? state.reason : undefined;
  }

  hasPassed(topic: number, position: Position): boolean {
    return passed(this.#passed.get(topic), position) && this.#tab.hasPassed(topic, position);
  }

  /** Dies without notice, in the middle of whatever it is doing, and begins again from what it had stored. */
  reload(): void {
    this.#tab.close('closed');
    this.#begin();
  }

  /** The same, and no other tab is told, whether it was the one with the connection or not. */
  crash(): void {
    withoutAWord(() => this.#tab.close('closed'));
    this.#begin();
  }

  /** Goes away, as a closed laptop does. */
  sleep(): void {
    this.#tab.client.disconnect();
  }

  wake(): void {
    this.#tab.client.connect();
  }

  retry(): void {
    this.#tab.client.connect();
  }

  end(code: string): void {
    this.#tab.close(code);
    this.#options.recorder.record({ type: 'subscriber.ended', subscriber: this.name, code });
  }

  /** Begins again after a death. */
  #begin(): void {
    this.#options.recorder.record({ type: 'subscriber.reloaded', subscriber: this.name });
    this.#tab = this.#open();
  }

  #open(): Tab {
    this.#tabs++;
    return new Tab(this.#options, this.#tabs, this.stored, {
      shown: (topic) => this.#passed.get(topic),
      passed: (topic, position) => this.#passed.set(topic, position),
      lost: () => {
        this.losses++;
      },
    });
  }
}

interface TabOwner {
  /** Up to where a topic was handled. */
  shown(topic: number): Position | undefined;
  passed(topic: number, position: Position): void;
  lost(): void;
}

/** One life of the application, from opening the tab to its end. */
class Tab {
  readonly client: Client;
  readonly #options: ClientSubscriberOptions;
  readonly #owner: TabOwner;
  /** Shows the first topic once more. */
  readonly #view: View | undefined;
  #alive = true;

  constructor(
    options: ClientSubscriberOptions,
    number: number,
    stored: Map<string, string>,
    owner: TabOwner,
  ) {
    const { name, user, port, random, recorder, topics, shares } = options;
    this.#options = options;
    this.#owner = owner;
    this.client = createClient({
      url: `ws://127.0.0.1:${port}/ws`,
      getToken: () => user.token(),
      // Refused tokens and lost connections are what this is about.
      onError: () => {},
      positions: {
        // The key names the port, which stays the same: it is the network's, not the server's.
        load: (key) => stored.get(key),
        save: (key, position) => {
          if (this.#alive) stored.set(key, position);
        },
      },
      maxWaitingPublications: random.pick([5, 50, 1_000]),
      ...(shares && { transport: shareAcrossTabs() }),
      ...IMPATIENT,
    });
    let before = this.client.state.name;
    this.client.on('state', ({ name }) => {
      if (before === 'connected' && name !== 'connected') this.#closed(name);
      before = name;
    });
    for (const topic of topics) this.#subscribe(topic);
    const [topic] = topics;
    if (topic === undefined) return;
    this.#view = new View({
      ...{ name: `${name}, tab ${number}`, user: user.name, topic, client: this.client, recorder, random },
      shown: () => owner.shown(topic),
    });
  }

  /** Whether its further view was given everything up to a position. */
  hasPassed(topic: number, position: Position): boolean {
    return this.#view === undefined || topic !== this.#options.topics[0] || this.#view.hasPassed(position);
  }

  /** Ends it, and everything that is still running in it. */
  close(code: string): void {
    this.#alive = false;
    this.#view?.end(code);
    this.client.close();
  }

  #subscribe(topic: number): void {
    const subscription = this.client.subscribe(topic, { onGap: (gap) => this.#gap(topic, gap) });
    subscription.on('publication', (publication) => this.#take(topic, publication));
    this.#followOpenings(topic, subscription);
  }

  /** Records each `connect` at the moment in which the application could see it. */
  #followOpenings(topic: number, subscription: Subscription): void {
    let known: Continuity | undefined;
    subscription.on('state', (state) => {
      if (!this.#alive || (state.name !== 'catching_up' && state.name !== 'live')) return;
      if (state.continuity === known) return;
      known = state.continuity;
      const recovery = recordedContinuity(known);
      this.#owner.passed(topic, recovery.from);
      const { name: subscriber, user, shares, recorder } = this.#options;
      recorder.record({
        ...{ type: 'subscription.opened', subscriber, user: user.name, topic, kind: 'client', recovery },
        // A tab without a position begins where the connection is that it joins, which other tabs' handlers have yet to reach.
        ...(shares && recovery.status === 'fresh' && { after: recovery.from }),
      });
    });
  }

  #take(topic: number, { data, epoch, offset, recovered }: AnyPublication): Promise<void> | undefined {
    if (!this.#alive) return undefined;
    const { recorder, random, name: subscriber } = this.#options;
    const position = { epoch, offset };
    const id = readPayload(data)?.id ?? '';
    recorder.record({ type: 'delivery', subscriber, topic, position, id, digest: digestOf(data), recovered });
    this.#owner.passed(topic, position);
    if (!random.chance(SLOW_HANDLERS)) return undefined;
    return new Promise((resolve) => setTimeout(resolve, 20 * random.next()));
  }

  #gap(topic: number, { reason, lastSeen, firstAvailable, from }: Gap): void {
    if (!this.#alive) return;
    const { recorder, name: subscriber } = this.#options;
    recorder.record({ type: 'gap', subscriber, topic, reason, lastSeen, firstAvailable, from });
  }

  #closed(state: string): void {
    this.#owner.lost();
    // The code stays inside the client.
    const { recorder, name: subscriber } = this.#options;
    if (this.#alive) recorder.record({ type: 'connection.closed', subscriber, code: 1006, reason: state });
  }
}
