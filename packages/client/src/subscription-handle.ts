import type { After, Position, Recovery } from '@vitalwire/protocol';
import { attempt } from './attempt.ts';
import type { StopReason } from './connection-state.ts';
import { type Continuity, continuityOf, type Gap, resumed } from './continuity.ts';
import { Emitter } from './emitter.ts';
import { ClientError } from './errors.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { loopOver } from './loop.ts';
import type { Settings, SubscriptionSettings } from './options.ts';
import { Progress } from './progress.ts';
import type { LoosePublication } from './publication.ts';
import { loadSnapshot, type Snapshot, type SnapshotOptions } from './snapshot.ts';
import type { Stream } from './stream.ts';
import { caughtUp, type SubscriptionState } from './subscription-state.ts';

/** What a handle needs of the topic that it shares. */
export interface HandleHost {
  readonly diagnosisId: number;
  readonly settings: Settings;
  /** Counts the breaks in what comes. States that wait in an inbox since before one are out of date. */
  readonly era: number;
  /** The handle wants what comes after its `received`. */
  enter(handle: SubscriptionHandle): void;
  /** The handle's position has moved. */
  moved(handle: SubscriptionHandle): void;
  /** The handle has ended. */
  ended(): void;
  /** The handle's position is of no interest any more. */
  released(handle: SubscriptionHandle): void;
}

/**
 * `ended`: finally. `paused`: it wants nothing while it loads a snapshot. `full`: it wants nothing until its inbox is
 * empty. `waiting`: it wants what the server has not been asked for or has not answered. `passing`: what comes lies before
 * what it received. `joined`: it takes everything that comes.
 */
type Reading = 'ended' | 'paused' | 'full' | 'waiting' | 'passing' | 'joined';

/**
 * One call of `subscribe`: what waits for its handlers, and what they were given. It does not know the catalogue's types;
 * the public `Subscription` lays them over it.
 */
export class SubscriptionHandle implements AsyncIterable<LoosePublication> {
  readonly diagnosisId: number;
  /** Where it starts while nothing was received. */
  readonly after: After | undefined;
  /** Everything up to here was received, and is handled or waits for that. */
  received: Position | undefined;
  reading: Reading = 'waiting';
  state: SubscriptionState = { name: 'disconnected' };
  readonly #host: HandleHost;
  readonly #options: SubscriptionSettings;
  readonly #emitter: Emitter;
  readonly #progress: Progress;
  readonly #inbox: Inbox;
  /** Snapshots loaded since the stream last went on from one. */
  #loads = 0;
  /** Until it is ended, or another user takes over. */
  #life = new AbortController();

  constructor(host: HandleHost, options: SubscriptionSettings, received: Position | undefined) {
    this.diagnosisId = host.diagnosisId;
    this.after = options.after;
    this.#host = host;
    this.#options = options;
    this.#emitter = new Emitter(host.settings.report);
    this.#progress = new Progress(() => host.moved(this));
    this.#inbox = createInbox(
      ({ publication }) => this.reading !== 'ended' && !(publication && this.#unheard()),
      () => this.reading === 'full' && this.#want(),
    );
    this.#start(received);
  }

  get position(): Position | undefined {
    return this.#progress.position;
  }

  /** Whether it wants what comes. */
  get wants(): boolean {
    return !/ended|paused|full/.test(this.reading);
  }

  /** Whether the position of the topic must not pass this one's. Who begins with a state needs no position. */
  get holds(): boolean {
    return !this.#options.snapshot;
  }

  on(type: string, handler: (...values: never[]) => unknown): () => void {
    const off = this.#emitter.on(type, handler);
    void this.#inbox.drain();
    return off;
  }

  commit(): void {
    this.#progress.commit();
  }

  unsubscribe(): void {
    this.end('unsubscribed');
    this.#host.released(this);
  }

  [Symbol.asyncIterator](): AsyncGenerator<LoosePublication, void, undefined> {
    return loopOver(this);
  }

  // The topic

  go(state: SubscriptionState, era: number = this.#host.era): void {
    if (era !== this.#host.era || (this.reading === 'ended' && state.name !== 'stopped')) return;
    const before = this.state;
    this.state = state;
    if (JSON.stringify(state) !== JSON.stringify(before)) this.#emitter.emit('state', state);
  }

  /** Another user, or the first that is known: it begins at this user's position. */
  restart(position: Position | undefined, first: boolean): void {
    if (first && this.#options.snapshot) return;
    this.#life.abort();
    this.#life = new AbortController();
    this.#inbox.clear();
    this.#start(position);
  }

  /** The server answered. */
  connected(recovery: Recovery): void {
    const continuity = continuityOf(this.diagnosisId, this.received, recovery);
    if (continuity) this.begin(continuity);
    else this.reading = 'passing';
  }

  /** From here on it takes what comes; after a gap that a snapshot bridges, from there on. */
  begin(continuity: Continuity): void {
    if (this.#full()) return;
    const { era, diagnosisId, settings } = this.#host;
    const { commit, onGap, snapshot } = this.#options;
    const gap = continuity.status === 'gap' ? continuity : undefined;
    const outdated = this.#loads > 0;
    // Of a log that began anew nothing is missing, and the backend may know no position in it yet.
    const complete = outdated && gap?.reason === 'epoch_changed' && gap.from.offset === 0;
    const loads = snapshot && !complete ? gap : undefined;
    if (loads && outdated) settings.report(new ClientError('snapshot_outdated', `diagnosis ${diagnosisId}`));
    this.reading = loads ? 'paused' : 'joined';
    if (!loads) {
      this.#loads = 0;
      this.received = continuity.from;
    }
    this.#inbox.put(async () => {
      const context = this.#progress.handOut(continuity.from);
      if (gap && onGap !== 'ignore' && !(await this.#attempt(() => onGap(gap, context)))) return;
      if (!loads && (gap ? commit !== 'manual' : !this.position)) context.commit();
      this.go({ name: loads || continuity.count ? 'catching_up' : 'live', continuity }, era);
      if (loads) await this.#load(loads);
    });
  }

  /** Takes what stands at a position, unless it was received before. What cannot be read is only reported. */
  take(position: Position, before: Stream, after: Stream, item: LoosePublication | (() => void)): void {
    const { received } = this;
    const news = !received || position.offset > received.offset;
    if (this.reading === 'passing' && received && (news || after.left === 0)) {
      this.begin(resumed(received, before.to, news ? before.left : 0));
    }
    if (this.reading !== 'joined') return;
    if (news) {
      if (this.#full()) return;
      this.received = position;
      this.#inbox.put(() => this.#hand(position, item), typeof item === 'object');
    }
    // Also a duplicate counts: it may be the last of those from before.
    if (before.left > 0 && after.left === 0) {
      const { era } = this.#host;
      this.#inbox.put(() => this.go(caughtUp(this.state), era));
    }
  }

  end(reason: StopReason): void {
    if (this.reading === 'ended') return;
    this.reading = 'ended';
    this.#life.abort();
    this.#host.ended();
    this.go({ name: 'stopped', reason });
    this.#emitter.emit('end', undefined);
  }

  // Inside

  #start(position: Position | undefined): void {
    const { snapshot } = this.#options;
    // A position that others hold says nothing about a state that is still to be loaded.
    this.received = snapshot ? undefined : position;
    this.#progress.begin(this.received);
    this.reading = snapshot ? 'paused' : 'waiting';
    if (snapshot) this.#inbox.put(() => this.#load());
  }

  /** Whether the inbox is full. Then it takes no more: what does not fit waits in the log, not here. */
  #full(): boolean {
    if (this.#inbox.size < this.#host.settings.maxWaitingPublications) return false;
    this.reading = 'full';
    return true;
  }

  /** Whether nobody listens to publications. */
  #unheard(): boolean {
    return this.#emitter.entries().every(({ type }) => type === 'state');
  }

  #want(): void {
    this.reading = 'waiting';
    this.#host.enter(this);
  }

  /** Loads a snapshot, and goes on from there. */
  async #load(gap?: Gap): Promise<void> {
    const { diagnosisId, settings } = this.#host;
    const { loadSnapshot: load, onSnapshot } = this.#options.snapshot as SnapshotOptions;
    const { signal } = this.#life;
    let snapshot: Snapshot | undefined;
    const attempt = async () => {
      try {
        snapshot = await loadSnapshot(load, { diagnosisId, gap }, settings.timeoutMs, signal);
      } catch (error) {
        const { temporary, code } = Object(error) as Partial<ClientError>;
        if (temporary !== false || !code || signal.aborted) throw error;
        settings.report(error);
        this.end(code);
      }
    };
    await this.#attempt(attempt, 'retry', this.#loads++);
    if (!snapshot || signal.aborted) return;
    const { state, position } = snapshot;
    this.received = position === 'earliest' ? undefined : position;
    const context = this.#progress.handOut(this.received);
    // The server is asked while the handler works.
    this.#want();
    if (await this.#attempt(() => onSnapshot(state, { state, position }, context))) context.commit();
  }

  /** Gives the handlers a publication. What cannot be read is reported when its turn has come. */
  async #hand(position: Position, item: LoosePublication | (() => void)): Promise<void> {
    const { signal } = this.#life;
    const { commit } = this.#options;
    const context = this.#progress.handOut(position);
    if (commit === 'onReceive') context.commit();
    if (typeof item === 'function') item();
    else {
      for (const entry of this.#emitter.entries()) {
        const { type, handler } = entry;
        const values =
          type === item.type ? [item.data, item, context] : type === 'publication' && [item, context];
        // A handler may have ended this subscription, or taken away a later handler, and itself.
        const call = () => this.#emitter.has(entry) && handler(...(values as never[]));
        if (values && !signal.aborted && !(await this.#attempt(call))) return;
      }
    }
    if (commit === 'afterHandler') context.commit();
  }

  /** Runs something of the user's until it is done. False when this subscription does not go on. */
  async #attempt(run: () => unknown, policy = this.#options.onHandlerError, failures = 0): Promise<boolean> {
    const { signal } = this.#life;
    const done = await attempt(run, policy, signal, this.#host.settings, failures);
    if (!done && !signal.aborted) this.end('handler_failed');
    return done;
  }
}
