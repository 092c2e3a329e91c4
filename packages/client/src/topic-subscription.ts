import { type ErrorSignal, type Position, parsePosition, type Recovery } from '@vitalwire/protocol';
import { backoff } from './backoff.ts';
import type { ConnectionState, StopReason } from './connection-state.ts';
import { Emitter } from './emitter.ts';
import { ClientError } from './errors.ts';
import { type GapHandling, gapOf } from './gap.ts';
import type { Settings, SubscribeOptions } from './options.ts';
import type { LoosePublication } from './publication.ts';
import {
  type Reading,
  readConnect,
  readPublication,
  type SubscriptionEvent,
  type SubscriptionState,
  transition,
} from './subscription-state.ts';

/** What a subscription needs of the connection it shares. */
export interface SubscriptionHost {
  readonly settings: Settings;
  /** Says `subscribe`; false when that has to wait for `opened` or `ask`. */
  subscribe(diagnosisId: number, after: SubscribeOptions['after']): boolean;
  /** Says `unsubscribe`; nothing of the topic comes through until it is subscribed again. */
  leave(diagnosisId: number): void;
  load(key: string): Position | undefined;
  save(subscription: TopicSubscription, key: string, position: Position): void;
  ended(subscription: TopicSubscription): void;
}

/** What waits for the handlers, in order. */
interface Step {
  /** Waits as long as nobody wants publications. */
  readonly publication: boolean;
  run(): void | Promise<void>;
}

// Refusals that may end by themselves. `already_subscribed`: an earlier `unsubscribe` is still under way.
const TEMPORARY = /^(internal_error|unavailable|already_subscribed)$/;

/**
 * One topic: what arrives, what waits for the handlers, and what they were given. It does not know the catalogue's types;
 * the public {@link Subscription} lays them over it.
 */
export class TopicSubscription implements AsyncIterable<LoosePublication> {
  readonly diagnosisId: number;
  readonly #host: SubscriptionHost;
  readonly #onGap: GapHandling;
  readonly #after: SubscribeOptions['after'];
  readonly #emitter: Emitter;
  #state: SubscriptionState = { name: 'disconnected' };
  #position: Position | undefined;
  /** Where the position is kept; `undefined` while the user is unknown. */
  #key: string | undefined;
  #reading: Reading = { received: undefined, recovery: undefined, left: 0 };
  #inbox: Step[] = [];
  #draining = false;
  /** The inbox was full: nothing is asked for until it is empty. */
  #overflowed = false;
  /** A retry is scheduled: nothing is asked for until then. */
  #delayed = false;
  #failures = 0;
  /** Counts the breaks in the connection. States that wait in the inbox since before one are out of date. */
  #era = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(
    diagnosisId: number,
    host: SubscriptionHost,
    onGap: GapHandling,
    after: SubscribeOptions['after'],
  ) {
    this.diagnosisId = diagnosisId;
    this.#host = host;
    this.#onGap = onGap;
    this.#after = after;
    this.#emitter = new Emitter(host.settings.report);
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  on(type: string, handler: (...values: never[]) => unknown): () => void {
    const off = this.#emitter.on(type, handler);
    void this.#drain();
    return off;
  }

  unsubscribe(): void {
    this.stop('unsubscribed');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LoosePublication, void, undefined> {
    let held: { publication: LoosePublication; done: () => void } | undefined;
    let wake = () => {};
    const offs = [
      this.on('publication', (publication: LoosePublication) => {
        return new Promise<void>((done) => {
          held = { publication, done };
          wake();
        });
      }),
      this.on('end', () => wake()),
    ];
    try {
      while (!this.#ended) {
        if (held) {
          yield held.publication;
          const { done } = held;
          held = undefined;
          done();
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      for (const off of offs) off();
      held?.done();
    }
  }

  // The connection

  /** The connection changed its state. */
  follow(connection: ConnectionState): void {
    if (connection.name !== 'connected') {
      this.#unjoin();
      this.#era++;
    }
    this.#go({ type: 'connection', state: connection });
  }

  /** A socket is open, for the user whose positions are under this key. */
  opened(key: string | undefined): void {
    if (key !== this.#key) {
      this.#key = key;
      this.#position = key === undefined ? undefined : this.#host.load(key);
      this.#reading = { received: this.#position, recovery: undefined, left: 0 };
      this.#inbox = [];
    }
    this.#delayed = false;
    this.ask();
  }

  /** Subscribes, unless there is a reason to wait. */
  ask(): void {
    if (this.#overflowed || this.#delayed || this.#ended) return;
    this.#unjoin();
    if (!this.#host.subscribe(this.diagnosisId, this.#reading.received ?? this.#after)) return;
    this.#timer = setTimeout(() => this.#retry(), this.#host.settings.timeoutMs);
    this.#go({ type: 'asked' });
  }

  /** Ends this subscription. */
  stop(reason: StopReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#unjoin();
    this.#host.ended(this);
    this.#go({ type: 'stopped', reason });
    this.#emitter.emit('end', undefined);
  }

  // What the server says

  connected(recovery: Recovery): void {
    clearTimeout(this.#timer);
    if (this.#full()) return;
    this.#reading = readConnect(this.#reading, recovery);
    const era = this.#era;
    this.#enqueue(() => this.#begin(recovery, era));
  }

  received(publication: Omit<LoosePublication, 'recovered'>): void {
    this.#take(publication, (recovered) => this.#hand({ ...publication, recovered }), true);
  }

  /** Passes over a publication that cannot be read; `report` is called when its turn has come. */
  skipped(position: Position, report: () => void): void {
    this.#take(position, () => {
      report();
      this.#move(position);
    });
  }

  refused({ code, message }: ErrorSignal): void {
    if (TEMPORARY.test(code)) return this.#retry();
    this.#host.settings.report(new ClientError(code, message));
    this.stop(code);
  }

  // Inside

  #go(event: SubscriptionEvent, era: number = this.#era): void {
    if (era !== this.#era) return;
    const before = this.#state;
    this.#state = transition(before, event);
    if (JSON.stringify(this.#state) !== JSON.stringify(before)) this.#emitter.emit('state', this.#state);
  }

  /** Takes what stands at a position, unless it was received before. */
  #take(position: Position, run: (recovered: boolean) => void | Promise<void>, publication = false): void {
    const { recovery, left } = this.#reading;
    if (!recovery) return;
    const read = readPublication(this.#reading, position);
    if (!read) {
      this.#host.settings.report(new ClientError('unexpected_epoch', `diagnosis ${this.diagnosisId}`));
      return this.#retry();
    }
    if (read.fresh && this.#full()) return;
    this.#reading = read.reading;
    this.#failures = 0;
    if (read.fresh) this.#enqueue(() => run(read.recovered), publication);
    // Also a duplicate counts: it may be the last of those from before.
    if (left > 0 && read.reading.left === 0) {
      const era = this.#era;
      this.#enqueue(() => this.#go({ type: 'caught_up' }, era));
    }
  }

  /** From here on publications do not count until the server answered a new subscribe. */
  #unjoin(): void {
    clearTimeout(this.#timer);
    this.#reading = { received: this.#reading.received, recovery: undefined, left: 0 };
  }

  #retry(): void {
    this.#unjoin();
    this.#era++;
    this.#host.leave(this.diagnosisId);
    this.#delayed = true;
    const delay = backoff(this.#failures++, Math.random(), this.#host.settings.backoff);
    this.#timer = setTimeout(() => {
      this.#delayed = false;
      this.ask();
    }, delay);
    this.#go({ type: 'delayed', retryAt: Date.now() + delay });
  }

  /** Whether the inbox is full. Then the delivery stops: what does not fit waits in the log, not here. */
  #full(): boolean {
    if (this.#inbox.length < this.#host.settings.maxWaitingPublications) return false;
    this.#unjoin();
    this.#overflowed = true;
    this.#host.leave(this.diagnosisId);
    return true;
  }

  #enqueue(run: Step['run'], publication = false): void {
    this.#inbox.push({ publication, run });
    void this.#drain();
  }

  async #drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    for (let step = this.#next(); step; step = this.#next()) {
      const inbox = this.#inbox;
      await step.run();
      inbox.shift();
    }
    this.#draining = false;
    if (this.#overflowed && this.#inbox.length === 0) {
      this.#overflowed = false;
      this.ask();
    }
  }

  #next(): Step | undefined {
    const step = this.#ended ? undefined : this.#inbox[0];
    const unwanted = step?.publication && this.#emitter.entries().every(({ type }) => type === 'state');
    return unwanted ? undefined : step;
  }

  async #begin(recovery: Recovery, era: number): Promise<void> {
    const key = this.#key;
    const from = parsePosition(recovery.from);
    const gap = recovery.status === 'gap';
    if (gap && this.#onGap !== 'ignore') {
      await this.#emitter.call(this.#onGap, gapOf(this.diagnosisId, recovery));
    }
    if (from && (gap || !this.#position)) this.#move(from, key);
    this.#go({ type: 'connect', recovery }, era);
  }

  async #hand(publication: LoosePublication): Promise<void> {
    const key = this.#key;
    for (const entry of this.#emitter.entries()) {
      // A handler may have ended this subscription, or taken away a later handler.
      if (this.#ended || !this.#emitter.has(entry)) continue;
      if (entry.type === publication.type)
        await this.#emitter.call(entry.handler, publication.data, publication);
      if (entry.type === 'publication') await this.#emitter.call(entry.handler, publication);
    }
    this.#move({ epoch: publication.epoch, offset: publication.offset }, key);
  }

  /** Moves the position, unless another user took over while the handlers worked. */
  #move(position: Position, key: string | undefined = this.#key): void {
    if (key !== this.#key) return;
    this.#position = position;
    if (key !== undefined) this.#host.save(this, key, position);
  }
}
