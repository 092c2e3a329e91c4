import type { After, Catalogue, StandardCatalogue } from '@vitalwire/protocol';
import type { Environment } from './environment.ts';
import type { GapHandling } from './gap.ts';
import type { PositionStore } from './positions.ts';
import type { OpenTransport } from './transport.ts';

/** Options of `createClient`. An unknown or wrong one throws a `ClientError` that names it. */
export interface ClientOptions<C extends Catalogue = StandardCatalogue> {
  /** The server's endpoint, `wss://host/ws`. In a browser it may be relative to the page, `/ws`. */
  url: string | URL;
  /**
   * Supplies a token that is valid now. Called for every attempt to connect, and again on the open connection at about
   * 80 % of the token's lifetime when its `exp` can be read. An error is given to `onError` and tried again with backoff.
   */
  getToken: () => string | Promise<string>;
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
  /** Signals that the device woke up or is online again. @default the browser's; none elsewhere */
  environment?: Environment;
  /** Opens sockets. @default reconnecting-websocket over the global `WebSocket` */
  transport?: OpenTransport;
}

/** Options of `client.subscribe`. */
export interface SubscribeOptions {
  /** What happens at a gap of this subscription. Needed unless the client was given one. */
  onGap?: GapHandling;
  /**
   * Where to start when no position is held. @default after what this user received on any device; everything
   * retained for a new user
   */
  after?: After;
}
