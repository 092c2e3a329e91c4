import { type After, type ErrorSignal, formatAfter, type Position, type Recovery } from '@vitalwire/protocol';
import { backoff } from './backoff.ts';
import type { ConnectionState, StopReason } from './connection-state.ts';
import { resumed } from './continuity.ts';
import { ClientError } from './errors.ts';
import type { Settings, SubscriptionSettings } from './options.ts';
import type { LoosePublication } from './publication.ts';
import { advance, type Stream, streamOf } from './stream.ts';
import { createHandle, type HandleHost, type SubscriptionHandle } from './subscription-handle.ts';
import { follow } from './subscription-state.ts';

/** What a topic needs of the connection it shares. */
export interface TopicHost {
  readonly settings: Settings;
  /** Says `subscribe`; false when that has to wait for `opened` or `ask`. */
  subscribe(diagnosisId: number, after: string | undefined): boolean;
  /** Says `unsubscribe`; nothing of the topic comes through until it is subscribed again. */
  leave(diagnosisId: number): void;
  load(key: string): Position | undefined;
  save(topic: TopicSubscription, key: string, position: Position): void;
  ended(topic: TopicSubscription): void;
}

// Refusals that may end by themselves. `already_subscribed`: an earlier `unsubscribe` is still under way.
const TEMPORARY = /^(internal_error|unavailable|already_subscribed)$/;

/**
 * The one subscription of a topic that the server knows, whatever the number of handles.
 *
 * 1. The server is asked for what the handle that received least wants next. Each handle drops what it received before.
 * 2. The position of the topic, which is stored, is that of the handle that has committed least.
 * 3. Without a handle the topic is kept for `lingerMs`. The next one begins at the topic's position, so that nothing is
 *    lost between the two; one that comes while others are there begins where these have come to.
 */
export interface TopicSubscription {
  readonly diagnosisId: number;
  /** One more who holds this subscription. */
  open(options: SubscriptionSettings): SubscriptionHandle;
  /** The connection changed its state. */
  follow(state: ConnectionState): void;
  /** A socket is open, for the user whose positions are under this key. */
  opened(key: string | undefined): void;
  /** Subscribes to what the handles want, unless there is a reason to wait. */
  ask(): void;
  /** Ends this subscription for everybody. */
  stop(reason: StopReason): void;
  /** The server answered, or there is a gap. */
  connected(recovery: Recovery): void;
  received(publication: Omit<LoosePublication, 'recovered'>): void;
  /** Passes over a publication that cannot be read; `report` is called once, when its turn has come. */
  skipped(position: Position, report: () => void): void;
  refused(error: ErrorSignal): void;
}

/** Creates the subscription of a topic, with nobody who holds it. */
export function createTopic(
  diagnosisId: number,
  host: TopicHost,
  connection: ConnectionState,
): TopicSubscription {
  const { settings } = host;
  /** Those that were not unsubscribed; one whose handler failed still holds its position. */
  const handles = new Set<SubscriptionHandle>();
  /** Where the position is kept; `undefined` while the user is unknown. */
  let key: string | undefined;
  let position: Position | undefined;
  /** What the server was asked for, and for whom. */
  let asked: { readonly after: string | undefined; readonly handles: SubscriptionHandle[] } | undefined;
  /** The server's answer, from which on publications count; `undefined` before it. */
  let stream: Stream | undefined;
  /** Where the stream is, or the last one was. */
  let at: Position | undefined;
  /** A retry is scheduled: nothing is asked for until then. */
  let delayed = false;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lingering: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  const active = () => [...handles].filter(({ reading }) => reading !== 'ended');

  const wanting = () => [...handles].filter(({ wants }) => wants);

  const moveTo = (next: Stream) => {
    stream = next;
    at = { epoch: next.epoch, offset: next.at };
  };

  /** Takes what stands at a position. */
  const take = ({ epoch, offset }: Position, item: LoosePublication | (() => void)) => {
    const before = stream;
    if (!before) return;
    if (before.epoch !== epoch) {
      settings.report(new ClientError('unexpected_epoch', `diagnosis ${diagnosisId}`));
      return retry();
    }
    const after = advance(before, offset);
    moveTo(after);
    failures = 0;
    for (const handle of wanting()) handle.take({ epoch, offset }, before, after, item);
    settle();
  };

  /** Asks again for those who were not answered, and leaves when everybody has enough. */
  const settle = () => {
    const readers = active();
    const unanswered = stream && readers.some(({ reading }) => reading === 'waiting');
    const full = readers.length > 0 && readers.every(({ reading }) => reading === 'full');
    if (unanswered || full) ask();
  };

  /** From here on publications do not count until the server answered a new subscribe. */
  const unjoin = () => {
    clearTimeout(timer);
    stream = undefined;
    asked = undefined;
    for (const handle of wanting()) handle.wait();
  };

  const retry = () => {
    unjoin();
    handleHost.era++;
    host.leave(diagnosisId);
    delayed = true;
    const delay = backoff(failures++, settings.backoff);
    timer = setTimeout(() => {
      delayed = false;
      ask();
    }, delay);
    for (const handle of wanting()) handle.go({ name: 'waiting', retryAt: Date.now() + delay });
  };

  const ask = () => {
    if (delayed || over) return;
    const left = asked !== undefined;
    unjoin();
    if (left) host.leave(diagnosisId);
    const askers = wanting();
    if (askers.length === 0) return;
    handleHost.era++;
    const beginner = askers.find(({ received }) => !received);
    const after = beginner ? text(beginner.after) : earliest(askers);
    if (!host.subscribe(diagnosisId, after)) return;
    asked = {
      after,
      handles: beginner ? askers.filter((handle) => startOf(handle) === after && !handle.received) : askers,
    };
    timer = setTimeout(retry, settings.timeoutMs);
    for (const handle of askers) handle.go({ name: 'connecting' });
  };

  const stop = (reason: StopReason) => {
    if (over) return;
    over = true;
    clearTimeout(lingering);
    unjoin();
    host.ended(topic);
    for (const handle of active()) handle.end(reason);
  };

  const handleHost: HandleHost & { era: number } = {
    diagnosisId,
    settings,
    era: 0,
    enter(handle, fresh = false) {
      const { received } = handle;
      if (stream && received && text(received) === text(at)) {
        handle.begin(resumed(received, stream.to, stream.left, fresh));
      } else if (stream || !asked) ask();
      // Otherwise it waits for the answer, of which it may be a part.
      else if (startOf(handle) === asked.after) asked.handles.push(handle);
    },
    moved(handle) {
      const holders = [...handles].filter(({ holds }) => holds);
      // The last one may still be at work on what it was handed.
      if (holders.length === 0 && handle.holds) holders.push(handle);
      const { epoch } = at ?? {};
      const [least] = holders
        .flatMap((holder) => holder.position ?? [])
        // Who is not in the epoch of the stream has come less far.
        .sort((a, b) => Number(a.epoch === epoch) - Number(b.epoch === epoch) || a.offset - b.offset);
      if (!least || text(least) === text(position)) return;
      position = least;
      if (key !== undefined) host.save(topic, key, least);
    },
    ended() {
      if (over) return;
      if (active().length > 0) return settle();
      const { lingerMs } = settings;
      if (lingerMs > 0) lingering = setTimeout(() => stop('unsubscribed'), lingerMs);
      else stop('unsubscribed');
    },
    released(handle) {
      handles.delete(handle);
      const [other] = handles;
      if (other) handleHost.moved(other);
    },
  };

  const topic: TopicSubscription = {
    diagnosisId,
    open(options) {
      clearTimeout(lingering);
      const shared = active().length > 0 ? at : undefined;
      const handle = createHandle(handleHost, options, shared ?? position);
      handles.add(handle);
      handle.go(follow(handle.state, connection));
      if (handle.wants) handleHost.enter(handle, shared !== undefined);
      return handle;
    },
    follow(state) {
      connection = state;
      if (state.name !== 'connected') {
        unjoin();
        handleHost.era++;
      }
      for (const handle of active()) handle.go(follow(handle.state, state));
    },
    opened(userKey) {
      if (userKey !== key) {
        const first = key === undefined;
        key = userKey;
        position = key === undefined ? undefined : host.load(key);
        at = undefined;
        for (const handle of active()) handle.restart(position, first);
      }
      delayed = false;
      ask();
    },
    ask,
    stop,
    connected(recovery) {
      if (!asked) return;
      clearTimeout(timer);
      // A connect on an open stream, after a gap, is for all.
      const answered = stream ? wanting() : asked.handles;
      moveTo(streamOf(recovery));
      for (const handle of answered) if (handle.wants) handle.connected(recovery);
      settle();
    },
    received(publication) {
      const recovered = publication.offset <= (stream?.to.offset ?? 0);
      take(publication, { ...publication, recovered });
    },
    skipped(place, report) {
      let said = false;
      take(place, () => {
        if (!said) report();
        said = true;
      });
    },
    refused({ code, message }) {
      if (TEMPORARY.test(code)) return retry();
      settings.report(new ClientError(code, message));
      stop(code);
    },
  };
  return topic;
}

/** What a handle would ask for alone. */
function startOf({ received, after }: SubscriptionHandle): string | undefined {
  return text(received ?? after);
}

/** The start that leaves nothing out for anybody. Positions of two epochs cannot be compared. */
function earliest(handles: readonly SubscriptionHandle[]): string | undefined {
  const positions = handles.flatMap(({ received }) => received ?? []);
  const [least] = positions.sort((a, b) => a.offset - b.offset);
  return positions.every(({ epoch }) => epoch === least?.epoch) ? text(least) : 'earliest';
}

function text(after: After | undefined): string | undefined {
  return after && formatAfter(after);
}
