import type { After, Position, Recovery } from '@vitalwire/protocol';
import { attempt } from './attempt.ts';
import type { StopReason } from './connection-state.ts';
import { type Continuity, continuityOf, type Gap, resumed } from './continuity.ts';
import { createEmitter } from './emitter.ts';
import { ClientError } from './errors.ts';
import { createInbox } from './inbox.ts';
import { loopOver } from './loop.ts';
import type { Settings, SubscriptionSettings } from './options.ts';
import { createProgress } from './progress.ts';
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
  enter(handle: SubscriptionHandle, fresh?: boolean): void;
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
export interface SubscriptionHandle extends AsyncIterable<LoosePublication> {
  readonly diagnosisId: number;
  readonly state: SubscriptionState;
  readonly position: Position | undefined;
  /** Where it starts while nothing was received. */
  readonly after: After | undefined;
  /** Everything up to here was received, and is handled or waits for that. */
  readonly received: Position | undefined;
  readonly reading: Reading;
  /** Whether it wants what comes. */
  readonly wants: boolean;
  /** Whether the position of the topic must not pass this one's. Who begins with a state needs no position. */
  readonly holds: boolean;
  on(type: string, handler: (...values: never[]) => unknown): () => void;
  commit(): void;
  unsubscribe(): void;
  /** Comes to a state, unless what comes was interrupted since the era. */
  go(state: SubscriptionState, era?: number): void;
  /** Another user, or the first that is known: it begins at this user's position. */
  restart(position: Position | undefined, first: boolean): void;
  /** The server answered. */
  connected(recovery: Recovery): void;
  /** What came so far was interrupted: it waits for the server to be asked again. */
  wait(): void;
  /** From here on it takes what comes; after a gap that a snapshot bridges, from there on. */
  begin(continuity: Continuity): void;
  /** Takes what stands at a position, unless it was received before. What cannot be read is only reported. */
  take(position: Position, before: Stream, after: Stream, item: LoosePublication | (() => void)): void;
  end(reason: StopReason): void;
}

/** Creates the handle of one call of `subscribe`, which has received everything up to a position. */
export function createHandle(
  host: HandleHost,
  options: SubscriptionSettings,
  received: Position | undefined,
): SubscriptionHandle {
  const { diagnosisId, settings } = host;
  const { commit, onGap, snapshot } = options;
  const emitter = createEmitter(settings.report);
  const progress = createProgress(() => host.moved(handle));
  let reading: Reading = 'waiting';
  let state: SubscriptionState = { name: 'disconnected' };
  /** Snapshots loaded since the stream last went on from one. */
  let loads = 0;
  /** Until it is ended, or another user takes over. */
  let life = new AbortController();

  const inbox = createInbox(
    ({ publication }) => reading !== 'ended' && !(publication && unheard()),
    () => reading === 'full' && want(),
  );

  /** Whether nobody listens to publications. */
  const unheard = () => emitter.entries().every(({ type }) => type === 'state');

  const start = (position: Position | undefined) => {
    // A position that others hold says nothing about a state that is still to be loaded.
    received = snapshot ? undefined : position;
    progress.begin(received);
    reading = snapshot ? 'paused' : 'waiting';
    if (snapshot) inbox.put(() => load(snapshot));
  };

  /** Whether the inbox is full. Then it takes no more: what does not fit waits in the log, not here. */
  const full = () => {
    if (inbox.size < settings.maxWaitingPublications) return false;
    reading = 'full';
    return true;
  };

  const want = () => {
    reading = 'waiting';
    host.enter(handle);
  };

  const go = (next: SubscriptionState, era = host.era) => {
    if (era !== host.era || (reading === 'ended' && next.name !== 'stopped')) return;
    const before = state;
    state = next;
    if (JSON.stringify(state) !== JSON.stringify(before)) emitter.emit('state', state);
  };

  const begin = (continuity: Continuity) => {
    if (full()) return;
    const { era } = host;
    const gap = continuity.status === 'gap' ? continuity : undefined;
    const outdated = loads > 0;
    // Of a log that began anew nothing is missing, and the backend may know no position in it yet.
    const complete = outdated && gap?.reason === 'epoch_changed' && gap.from.offset === 0;
    const bridge = complete ? undefined : gap && snapshot;
    if (bridge && outdated) settings.report(new ClientError('snapshot_outdated', `diagnosis ${diagnosisId}`));
    reading = bridge ? 'paused' : 'joined';
    if (!bridge) {
      loads = 0;
      received = continuity.from;
    }
    inbox.put(async () => {
      const context = progress.handOut(continuity.from);
      if (gap && onGap !== 'ignore' && !(await succeeds(() => onGap(gap, context)))) return;
      if (!bridge && (gap ? commit !== 'manual' : !progress.position)) context.commit();
      go({ name: bridge || continuity.count ? 'catching_up' : 'live', continuity }, era);
      if (bridge) await load(bridge, gap);
    });
  };

  const end = (reason: StopReason) => {
    if (reading === 'ended') return;
    reading = 'ended';
    life.abort();
    host.ended();
    go({ name: 'stopped', reason });
    emitter.emit('end', undefined);
  };

  /** Loads a snapshot, and goes on from there. */
  const load = async ({ loadSnapshot: ask, onSnapshot }: SnapshotOptions, gap?: Gap) => {
    const { signal } = life;
    let loaded: Snapshot | undefined;
    const attempt = async () => {
      try {
        loaded = await loadSnapshot(ask, { diagnosisId, gap }, settings.timeoutMs, signal);
      } catch (error) {
        const { temporary, code } = Object(error) as Partial<ClientError>;
        if (temporary !== false || !code || signal.aborted) throw error;
        settings.report(error);
        end(code);
      }
    };
    await succeeds(attempt, 'retry', loads++);
    if (!loaded || signal.aborted) return;
    const { state, position } = loaded;
    received = position === 'earliest' ? undefined : position;
    const context = progress.handOut(received);
    // The server is asked while the handler works.
    want();
    if (await succeeds(() => onSnapshot(state, { state, position }, context))) context.commit();
  };

  /** Gives the handlers a publication. What cannot be read is reported when its turn has come. */
  const hand = async (position: Position, item: LoosePublication | (() => void)) => {
    const { signal } = life;
    const context = progress.handOut(position);
    if (commit === 'onReceive') context.commit();
    if (typeof item === 'function') item();
    else {
      for (const entry of emitter.entries()) {
        const { type, handler } = entry;
        const values =
          type === item.type ? [item.data, item, context] : type === 'publication' && [item, context];
        // A handler may have ended this subscription, or taken away a later handler, and itself.
        const call = () => emitter.has(entry) && handler(...(values as never[]));
        if (values && !signal.aborted && !(await succeeds(call))) return;
      }
    }
    if (commit === 'afterHandler') context.commit();
  };

  /** Runs something of the user's until it is done. False when this subscription does not go on. */
  const succeeds = async (run: () => unknown, policy = options.onHandlerError, failures = 0) => {
    const { signal } = life;
    const done = await attempt(run, policy, signal, settings, failures);
    if (!done && !signal.aborted) end('handler_failed');
    return done;
  };

  const handle: SubscriptionHandle = {
    diagnosisId,
    after: options.after,
    holds: !snapshot,
    get state() {
      return state;
    },
    get position() {
      return progress.position;
    },
    get received() {
      return received;
    },
    get reading() {
      return reading;
    },
    wait() {
      reading = 'waiting';
    },
    get wants() {
      return !/ended|paused|full/.test(reading);
    },
    on(type, handler) {
      const off = emitter.on(type, handler);
      void inbox.drain();
      return off;
    },
    commit: progress.commit,
    unsubscribe() {
      end('unsubscribed');
      host.released(handle);
    },
    [Symbol.asyncIterator]: () => loopOver(handle),
    go,
    restart(position, first) {
      if (first && snapshot) return;
      life.abort();
      life = new AbortController();
      inbox.clear();
      start(position);
    },
    connected(recovery) {
      const continuity = continuityOf(diagnosisId, received, recovery);
      if (continuity) begin(continuity);
      else reading = 'passing';
    },
    begin,
    take(position, before, after, item) {
      const news = !received || position.offset > received.offset;
      if (reading === 'passing' && received && (news || after.left === 0)) {
        begin(resumed(received, before.to, news ? before.left : 0));
      }
      if (reading !== 'joined') return;
      if (news) {
        if (full()) return;
        received = position;
        inbox.put(() => hand(position, item), typeof item === 'object');
      }
      // Also a duplicate counts: it may be the last of those from before.
      if (before.left > 0 && after.left === 0) {
        const { era } = host;
        inbox.put(() => go(caughtUp(state), era));
      }
    },
    end,
  };
  start(received);
  return handle;
}
