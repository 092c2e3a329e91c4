import type { After, Catalogue, StandardCatalogue } from '@vitalwire/protocol';
import type { BackoffSettings } from './backoff.ts';
import type { GapHandling } from './continuity.ts';
import { deviceEnvironment, type Environment } from './environment.ts';
import { ClientError } from './errors.ts';
import type { HeartbeatSettings } from './heartbeat.ts';
import { defaultPositions, type PositionStore } from './positions.ts';
import { openReconnectingWebSocket } from './reconnecting-websocket.ts';
import type { SnapshotOptions } from './snapshot.ts';
import type { OpenTransport } from './transport.ts';

/** Options of `createClient`. An unknown or wrong one throws a `ClientError` that names it. */
export interface ClientOptions<C extends Catalogue = StandardCatalogue> {
  /** The server's endpoint, `wss://host/ws`. In a browser it may be relative to the page, `/ws`. */
  url: string | URL;
  /**
   * Supplies a token that is valid now. Called for every attempt to connect, and again on the open connection at about
   * 80 % of the token's lifetime when its `exp` can be read. An error is given to `onError` and tried again with backoff,
   * and so is a token given again that is over; an error with `temporary: false`, such as a `ClientError`, ends the
   * attempts: the client stops with its `code` as the reason. The signal ends when nobody waits for the token any more;
   * give it to `fetch`, since a request over a dead connection would hang on.
   */
  getToken: (request: { readonly signal: AbortSignal }) => string | Promise<string>;
  /** What happens at a gap of any subscription that says nothing of its own. Without it each `subscribe` must say so. */
  onGap?: GapHandling;
  /** The message types, as the server has them. @default the standard catalogue */
  catalogue?: C;
  /**
   * Where positions are kept, so that a page that was reloaded resumes. Used for tokens whose `sub` can be read, since
   * the key names the user. @default `sessionStorage` where there is one, else this client's memory
   */
  positions?: PositionStore;
  /**
   * Receives what goes wrong and is survived: a message that fails its schema (`ProtocolError`, with its issues), a
   * handler or `getToken` that threw, a refused command. What it throws itself is dropped. @default `console.error`
   */
  onError?: (error: unknown) => void;
  /** Most time for one step: the token, the handshake, the answer to a subscribe. Then it is tried again. @default 10_000 */
  timeoutMs?: number;
  /** How a dead connection is found. Any frame counts as life. */
  heartbeat?: {
    /** After this silence the client pings. @default 25_000 */
    intervalMs?: number;
    /** Without a frame for this long after the ping, the socket is replaced. @default 10_000 */
    timeoutMs?: number;
  };
  /** The wait before retry n (from 0) is random from 0 to `min(maxMs, baseMs · 2ⁿ)`. */
  backoff?: {
    /** @default 500 */
    baseMs?: number;
    /** @default 20_000 */
    maxMs?: number;
  };
  /**
   * Most publications of one subscription that wait for its handlers. Beyond it the client stops the delivery of that
   * topic, and resumes from the log when the handlers have caught up. @default 1_000
   */
  maxWaitingPublications?: number;
  /**
   * How long a diagnosis stays subscribed to after its last subscription was ended. Who subscribes again meanwhile, as a
   * page does that changes its route, causes no traffic. 0: not at all. @default 1_000
   */
  lingerMs?: number;
  /** Tells of sleep, wake and network. @default the browser's events, and everywhere a look at the clock */
  environment?: Environment;
  /** Opens sockets. @default reconnecting-websocket over the global `WebSocket` */
  transport?: OpenTransport;
}

/** Options of every subscription. */
interface DeliveryOptions {
  /**
   * When a publication counts as processed, so that the position moves on, and what comes later resumes after it.
   * `'afterHandler'`: when its handlers are done; a page that goes away meanwhile is given it again. `'onReceive'`: when
   * it is handed out, before they run; that page loses it. `'manual'`: when a handler calls `commit()` of its context, or
   * the subscription's. @default 'afterHandler'
   */
  commit?: 'afterHandler' | 'onReceive' | 'manual';
  /**
   * What happens when a handler throws or rejects, which is always given to `onError`. `'skip'`: the next one follows.
   * `'retry'`: the same handler is called again with the same, after the waits of `backoff`, until it succeeds; all later
   * publications wait. `'stop'`: this subscription stops with `handler_failed`, at the position before. No other
   * subscription is held up. @default 'skip'
   */
  onHandlerError?: 'skip' | 'retry' | 'stop';
  /**
   * Where to start when no position is held. @default after what this user received on any device; everything
   * retained for a new user
   */
  after?: After;
}

/** Options of `client.subscribe`: what happens at a gap is said by `onGap`, or by `loadSnapshot`. */
export type SubscribeOptions<State = unknown> =
  | (DeliveryOptions & {
      /** What happens at a gap of this subscription. Needed unless the client was given one. */
      onGap?: GapHandling;
      loadSnapshot?: never;
      onSnapshot?: never;
    })
  | (Omit<DeliveryOptions, 'after'> &
      SnapshotOptions<State> & {
        /** Told of a gap before the snapshot is loaded that bridges it. @default 'ignore' */
        onGap?: GapHandling;
        after?: never;
      });

/** Options of a subscription with their defaults, checked. */
export interface SubscriptionSettings extends Required<Pick<DeliveryOptions, 'commit' | 'onHandlerError'>> {
  readonly onGap: GapHandling;
  readonly snapshot?: SnapshotOptions;
  readonly after: After | undefined;
}

/** Options with their defaults, checked. */
export interface Settings
  extends Required<Omit<ClientOptions<Catalogue>, 'url' | 'onGap' | 'catalogue' | 'onError'>> {
  readonly url: string;
  readonly onGap: GapHandling | undefined;
  readonly catalogue: Catalogue | undefined;
  /** Never throws. */
  readonly report: (error: unknown) => void;
  readonly heartbeat: HeartbeatSettings;
  readonly backoff: BackoffSettings;
}

/** What an option may be: a test, or the options inside it. */
type Rule = ((value: never) => unknown) | { readonly [name: string]: Rule };

const isFunction = (value: unknown) => typeof value === 'function';
const isObject = (value: unknown) => typeof value === 'object' && value !== null;
/** Also for milliseconds: `setTimeout` overflows beyond. */
const isPositive = (value: unknown) => typeof value === 'number' && value > 0 && value < 2 ** 31;
const isId = (value: number) => Number.isSafeInteger(value) && value > 0;
const oneOf =
  (...values: unknown[]) =>
  (value: unknown) =>
    values.includes(value);
const isGapHandling = (value: unknown) => value === 'ignore' || isFunction(value);
const optional = (test: (value: unknown) => unknown) => (value: unknown) =>
  value === undefined || test(value);

const CLIENT_RULES = {
  url: socketUrl,
  getToken: isFunction,
  onGap: optional(isGapHandling),
  catalogue: optional(Array.isArray),
  positions: isObject,
  onError: isFunction,
  timeoutMs: isPositive,
  heartbeat: { intervalMs: isPositive, timeoutMs: isPositive },
  backoff: { baseMs: isPositive, maxMs: isPositive },
  maxWaitingPublications: isPositive,
  lingerMs: (value: unknown) => value === 0 || isPositive(value),
  environment: isObject,
  transport: isFunction,
} satisfies Record<keyof ClientOptions, Rule>;

const CLIENT_DEFAULTS = {
  timeoutMs: 10_000,
  heartbeat: { intervalMs: 25_000, timeoutMs: 10_000 },
  backoff: { baseMs: 500, maxMs: 20_000 },
  maxWaitingPublications: 1_000,
  lingerMs: 1_000,
  environment: deviceEnvironment,
  transport: openReconnectingWebSocket,
};

const SUBSCRIBE_RULES = {
  onGap: isGapHandling,
  after: optional((value) => isObject(value) || oneOf('latest', 'earliest')(value)),
  commit: oneOf('afterHandler', 'onReceive', 'manual'),
  onHandlerError: oneOf('skip', 'retry', 'stop'),
  loadSnapshot: optional(isFunction),
  onSnapshot: optional(isFunction),
} satisfies Record<keyof SubscribeOptions, Rule>;

/** The value, or what it is by default, with the options inside it completed likewise. Throws when a rule forbids it. */
function checked(name: string, rule: Rule | undefined, preset?: unknown, value = preset): unknown {
  if (typeof rule === 'object' && isObject(value)) {
    const given = value as Readonly<Record<string, unknown>>;
    const presets = { ...(preset as typeof given) };
    const keys = Object.keys({ ...rule, ...given });
    return Object.fromEntries(
      keys.map((key) => [key, checked(`${name}.${key}`, rule[key], presets[key], given[key])]),
    );
  }
  if (typeof rule === 'function' && rule(value as never)) return value;
  throw new ClientError('invalid_option', `${name} is missing, wrong or unknown`);
}

/** The address as a WebSocket takes it; `undefined` when it is none. */
function socketUrl(url: string | URL): string | undefined {
  try {
    const { href } = new URL(url, globalThis.location?.href);
    return /^(http|ws)s?:/.test(href) ? href.replace('http', 'ws') : undefined;
  } catch {
    return undefined;
  }
}

/** @throws {ClientError} `invalid_option`. */
export function clientSettings(options: ClientOptions<Catalogue>): Settings {
  const presets = { ...CLIENT_DEFAULTS, positions: defaultPositions(), onError: console.error };
  const settings = checked('options', CLIENT_RULES, presets, options) as Settings & Required<ClientOptions>;
  return {
    ...settings,
    url: socketUrl(settings.url) as string,
    report(error) {
      try {
        settings.onError(error);
      } catch {
        // Reporting is all that could be done.
      }
    },
  };
}

/** @throws {ClientError} `invalid_option`, also when nothing says what happens at a gap. */
export function subscribeSettings(
  diagnosisId: number,
  options: SubscribeOptions,
  { onGap }: Settings,
): SubscriptionSettings {
  checked('diagnosisId', isId, diagnosisId);
  const snapshots = options?.loadSnapshot !== undefined;
  // Who loads a snapshot has said what happens at a gap.
  const presets = { commit: 'afterHandler', onHandlerError: 'skip', onGap: snapshots ? 'ignore' : onGap };
  const settings = checked('options', SUBSCRIBE_RULES, presets, options) as SubscriptionSettings &
    SnapshotOptions;
  if (!snapshots) return settings;
  checked('options.onSnapshot', isFunction, settings.onSnapshot);
  return { ...settings, snapshot: settings, after: 'earliest' };
}
