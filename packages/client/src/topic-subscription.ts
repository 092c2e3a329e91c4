import { type After, type ErrorSignal, formatAfter, type Position, type Recovery } from '@vitalwire/protocol';
import { backoff } from './backoff.ts';
import type { ConnectionState, StopReason } from './connection-state.ts';
import { resumed } from './continuity.ts';
import { ClientError } from './errors.ts';
import type { Settings, SubscriptionSettings } from './options.ts';
import type { LoosePublication } from './publication.ts';
import { advance, type Stream, streamOf } from './stream.ts';
import { type HandleHost, SubscriptionHandle } from './subscription-handle.ts';
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
export class TopicSubscription implements HandleHost {
  readonly diagnosisId: number;
  readonly #host: TopicHost;
  /** Those that were not unsubscribed; one whose handler failed still holds its position. */
  readonly #handles = new Set<SubscriptionHandle>();
  #connection: ConnectionState;
  /** Where the position is kept; `undefined` while the user is unknown. */
  #key: string | undefined;
  #position: Position | undefined;
  /** What the server was asked for, and for whom. */
  #asked: { readonly after: string | undefined; readonly handles: SubscriptionHandle[] } | undefined;
  /** The server's answer, from which on publications count; `undefined` before it. */
  #stream: Stream | undefined;
  /** Where the stream is, or the last one was. */
  #at: Position | undefined;
  /** Counts the breaks. */
  era = 0;
  /** A retry is scheduled: nothing is asked for until then. */
  #delayed = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lingering: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(diagnosisId: number, host: TopicHost, connection: ConnectionState) {
    this.diagnosisId = diagnosisId;
    this.#host = host;
    this.#connection = connection;
  }

  get settings(): Settings {
    return this.#host.settings;
  }

  /** One more who holds this subscription. */
  open(options: SubscriptionSettings): SubscriptionHandle {
    clearTimeout(this.#lingering);
    const shared = this.#active().length > 0 ? this.#at : undefined;
    const handle = new SubscriptionHandle(this, options, shared ?? this.#position);
    this.#handles.add(handle);
    handle.go(follow(handle.state, this.#connection));
    if (handle.wants) this.enter(handle, shared !== undefined);
    return handle;
  }

  // The connection

  /** The connection changed its state. */
  follow(state: ConnectionState): void {
    this.#connection = state;
    if (state.name !== 'connected') {
      this.#unjoin();
      this.era++;
    }
    for (const handle of this.#active()) handle.go(follow(handle.state, state));
  }

  /** A socket is open, for the user whose positions are under this key. */
  opened(key: string | undefined): void {
    if (key !== this.#key) {
      const first = this.#key === undefined;
      this.#key = key;
      this.#position = key === undefined ? undefined : this.#host.load(key);
      this.#at = undefined;
      for (const handle of this.#active()) handle.restart(this.#position, first);
    }
    this.#delayed = false;
    this.ask();
  }

  /** Subscribes to what the handles want, unless there is a reason to wait. */
  ask(): void {
    if (this.#delayed || this.#ended) return;
    const left = this.#asked !== undefined;
    this.#unjoin();
    if (left) this.#host.leave(this.diagnosisId);
    const wanting = this.#wanting();
    if (wanting.length === 0) return;
    this.era++;
    const beginner = wanting.find(({ received }) => !received);
    const after = beginner ? text(beginner.after) : earliest(wanting);
    if (!this.#host.subscribe(this.diagnosisId, after)) return;
    const handles = beginner
      ? wanting.filter((handle) => startOf(handle) === after && !handle.received)
      : wanting;
    this.#asked = { after, handles };
    this.#timer = setTimeout(() => this.#retry(), this.settings.timeoutMs);
    for (const handle of wanting) handle.go({ name: 'connecting' });
  }

  /** Ends this subscription for everybody. */
  stop(reason: StopReason): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#lingering);
    this.#unjoin();
    this.#host.ended(this);
    for (const handle of this.#active()) handle.end(reason);
  }

  // What the server says

  connected(recovery: Recovery): void {
    if (!this.#asked) return;
    clearTimeout(this.#timer);
    // A connect on an open stream, after a gap, is for all.
    const handles = this.#stream ? this.#wanting() : this.#asked.handles;
    this.#moveTo(streamOf(recovery));
    for (const handle of handles) if (handle.wants) handle.connected(recovery);
    this.#settle();
  }

  received(publication: Omit<LoosePublication, 'recovered'>): void {
    const recovered = publication.offset <= (this.#stream?.to.offset ?? 0);
    this.#take(publication, { ...publication, recovered });
  }

  /** Passes over a publication that cannot be read; `report` is called once, when its turn has come. */
  skipped(position: Position, report: () => void): void {
    let said = false;
    this.#take(position, () => {
      if (!said) report();
      said = true;
    });
  }

  refused({ code, message }: ErrorSignal): void {
    if (TEMPORARY.test(code)) return this.#retry();
    this.settings.report(new ClientError(code, message));
    this.stop(code);
  }

  // What the handles say

  enter(handle: SubscriptionHandle, fresh = false): void {
    const { received } = handle;
    const stream = this.#stream;
    const asked = this.#asked;
    if (stream && received && text(received) === text(this.#at)) {
      handle.begin(resumed(received, stream.to, stream.left, fresh));
    } else if (stream || !asked) this.ask();
    // Otherwise it waits for the answer, of which it may be a part.
    else if (startOf(handle) === asked.after) asked.handles.push(handle);
  }

  moved(handle: SubscriptionHandle): void {
    const holders = [...this.#handles].filter(({ holds }) => holds);
    // The last one may still be at work on what it was handed.
    if (holders.length === 0 && handle.holds) holders.push(handle);
    const { epoch } = this.#at ?? {};
    const [least] = holders
      .flatMap(({ position }) => position ?? [])
      // Who is not in the epoch of the stream has come less far.
      .sort((a, b) => Number(a.epoch === epoch) - Number(b.epoch === epoch) || a.offset - b.offset);
    if (!least || text(least) === text(this.#position)) return;
    this.#position = least;
    if (this.#key !== undefined) this.#host.save(this, this.#key, least);
  }

  ended(): void {
    if (this.#ended) return;
    if (this.#active().length > 0) return this.#settle();
    const { lingerMs } = this.settings;
    if (lingerMs > 0) this.#lingering = setTimeout(() => this.stop('unsubscribed'), lingerMs);
    else this.stop('unsubscribed');
  }

  released(handle: SubscriptionHandle): void {
    this.#handles.delete(handle);
    const [other] = this.#handles;
    if (other) this.moved(other);
  }

  // Inside

  #active(): SubscriptionHandle[] {
    return [...this.#handles].filter(({ reading }) => reading !== 'ended');
  }

  #wanting(): SubscriptionHandle[] {
    return [...this.#handles].filter(({ wants }) => wants);
  }

  #moveTo(stream: Stream): void {
    this.#stream = stream;
    this.#at = { epoch: stream.epoch, offset: stream.at };
  }

  /** Takes what stands at a position. */
  #take({ epoch, offset }: Position, item: LoosePublication | (() => void)): void {
    const before = this.#stream;
    if (!before) return;
    if (before.epoch !== epoch) {
      this.settings.report(new ClientError('unexpected_epoch', `diagnosis ${this.diagnosisId}`));
      return this.#retry();
    }
    const after = advance(before, offset);
    this.#moveTo(after);
    this.#failures = 0;
    for (const handle of this.#wanting()) handle.take({ epoch, offset }, before, after, item);
    this.#settle();
  }

  /** Asks again for those who were not answered, and leaves when everybody has enough. */
  #settle(): void {
    const active = this.#active();
    const unanswered = this.#stream && active.some(({ reading }) => reading === 'waiting');
    const full = active.length > 0 && active.every(({ reading }) => reading === 'full');
    if (unanswered || full) this.ask();
  }

  /** From here on publications do not count until the server answered a new subscribe. */
  #unjoin(): void {
    clearTimeout(this.#timer);
    this.#stream = undefined;
    this.#asked = undefined;
    for (const handle of this.#wanting()) handle.reading = 'waiting';
  }

  #retry(): void {
    this.#unjoin();
    this.era++;
    this.#host.leave(this.diagnosisId);
    this.#delayed = true;
    const delay = backoff(this.#failures++, Math.random(), this.settings.backoff);
    this.#timer = setTimeout(() => {
      this.#delayed = false;
      this.ask();
    }, delay);
    for (const handle of this.#wanting()) handle.go({ name: 'waiting', retryAt: Date.now() + delay });
  }
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
