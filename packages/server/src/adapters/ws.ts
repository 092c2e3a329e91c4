import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { parseDiagnosisId, SUBPROTOCOL } from '@vitalwire/protocol';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Entrance } from '../entrance.ts';
import { PING_PAYLOAD_BYTES, WINDOW_BITS } from '../frame.ts';
import type { Logger } from '../logger.ts';
import type { Limits, Timing } from '../options.ts';
import type { Socket, SocketListener } from '../socket.ts';
import {
  type TcpHandle,
  tcpHandleOf,
  type WriteRequest,
  writeAllDirectly,
  writeDirectly,
} from './direct-write.ts';
import { readPongs } from './pong-reader.ts';
import { takeOver } from './take-over.ts';

/** How WebSockets are taken in. */
export interface WebSocketOptions {
  /** Path in front of `/ws`. */
  readonly basePath: string;
  readonly origins: readonly string[] | undefined;
  /** Whether peers may agree to compression. */
  readonly compression: boolean;
  readonly limits: Limits;
  readonly timing: Timing;
  readonly logger: Logger;
  /** A peer came in; who listens to its socket? */
  readonly enter: (socket: Socket, entrance: Entrance) => SocketListener;
  /** The socket is closed for good. */
  readonly left: (socket: Socket) => void;
}

/**
 * No message refers to an earlier one, in either direction: ours are compressed once for all, and of a peer's nothing stays
 * in memory.
 */
const COMPRESSION = { serverNoContextTakeover: true, clientNoContextTakeover: true };
/** The offer of a peer that has no room for what our messages refer back to. It goes without compression. */
const SMALL_WINDOW = new RegExp(`server_max_window_bits="?(?!${WINDOW_BITS}|13|14|15)`);

/**
 * Takes the WebSocket upgrades of an HTTP server at `/ws` and `/ws/{diagnosis_id}`, and leaves others to the
 * application. Returns a function that stops this.
 */
export function attachWebSockets(httpServer: Server, options: WebSocketOptions): () => void {
  const { limits, timing } = options;
  // A variable, because the published types of ws do not know `closeTimeout` yet.
  const settings = {
    WebSocket: ServedWebSocket,
    noServer: true,
    clientTracking: false,
    perMessageDeflate: options.compression && COMPRESSION,
    maxPayload: limits.maxFrameBytes,
    maxFragments: limits.maxFragments,
    maxBufferedChunks: limits.maxFragments * 16,
    closeTimeout: timing.closeTimeoutMs,
    handleProtocols: (offered: Set<string>) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
  };
  const webSockets = new WebSocketServer(settings);

  function upgrade(request: IncomingMessage, connection: Duplex, head: Buffer, url: URL): void {
    const path = url.pathname.slice(options.basePath.length);
    const refusal = refusalOf(request, path, options.origins);
    if (refusal) {
      options.logger.info({ status: refusal.status, reason: refusal.text }, 'upgrade refused');
      return refuse(connection, refusal.status, refusal.text);
    }
    const { headers } = request;
    // ws would refuse the peer.
    if (SMALL_WINDOW.test(headers['sec-websocket-extensions'] ?? ''))
      delete headers['sec-websocket-extensions'];
    const entrance = entranceOf(path, url);
    webSockets.handleUpgrade(request, connection, head, (webSocket) => {
      webSocket.serve(connection, entrance, options);
    });
  }

  const own = `${options.basePath}/ws`;
  const ownUrl = new URL(own, 'http://host');

  // The application's listeners must not see our upgrades: those of ws and of others refuse every path but their own.
  const giveBack = takeOver(httpServer, (event, args) => {
    if (event !== 'upgrade') return false;
    const [request, connection, head] = args as [IncomingMessage, Duplex, Buffer];
    // The address of most needs no parsing.
    const url = request.url === own ? ownUrl : URL.parse(request.url ?? '', 'http://host');
    if (url?.pathname !== own && !url?.pathname.startsWith(`${own}/`)) return false;
    upgrade(request, connection, head, url);
    return true;
  });

  // Node emits upgrades only while somebody listens, and then leaves all of them to the listeners.
  function refuseUnheard(_request: IncomingMessage, connection: Duplex): void {
    if (httpServer.listenerCount('upgrade') > 1) return;
    refuse(connection, 404, 'no WebSocket endpoint at this path');
  }
  httpServer.on('upgrade', refuseUnheard);

  return () => {
    giveBack();
    httpServer.off('upgrade', refuseUnheard);
  };
}

/** Why a handshake is refused before it becomes a WebSocket. Everything else is said by a close code. */
function refusalOf(request: IncomingMessage, path: string, origins: readonly string[] | undefined) {
  const { origin } = request.headers;
  if (origins && origin !== undefined && !origins.includes(origin)) {
    return { status: 403, text: 'this origin may not connect' };
  }
  const protocols = request.headers['sec-websocket-protocol'] ?? '';
  // Most clients are of the SDK, and nothing about them needs to be looked at.
  if (path === '/ws' && protocols === SUBPROTOCOL) return undefined;
  if (/^\/ws\/[^/]+\/?$/.test(path)) return undefined;
  if (!/^\/ws\/?$/.test(path)) return { status: 404, text: 'no WebSocket endpoint at this path' };
  const offered = protocols.split(',').map((name) => name.trim());
  if (offered.includes(SUBPROTOCOL)) return undefined;
  return { status: 400, text: `offer the subprotocol ${SUBPROTOCOL}, or connect to /ws/{diagnosis_id}` };
}

function entranceOf(path: string, url: URL): Entrance {
  const name = path.split('/')[2];
  if (!name) return { kind: 'many' };
  const query = url.searchParams;
  return {
    kind: 'single',
    token: query.get('token') ?? '',
    diagnosisId: parseDiagnosisId(name),
    after: query.get('after') ?? undefined,
  };
}

function refuse(connection: Duplex, status: number, text: string): void {
  const reasons: Record<number, string> = { 400: 'Bad Request', 403: 'Forbidden', 404: 'Not Found' };
  connection.on('error', () => connection.destroy());
  connection.once('finish', () => connection.destroy());
  connection.end(
    `HTTP/1.1 ${status} ${reasons[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}

const NOTHING = Buffer.alloc(0);

/**
 * A WebSocket of the package ws that is the core's {@link Socket} itself: an object less a connection, and an object less
 * that a delivery has to touch.
 */
class ServedWebSocket extends WebSocket implements Socket {
  #handle: TcpHandle | undefined;
  #connection: Duplex | undefined;
  #listener: SocketListener | undefined;
  #options: WebSocketOptions | undefined;
  /** Writes of ours that wait. */
  #waiting = 0;
  compresses = false;

  serve(connection: Duplex, entrance: Entrance, options: WebSocketOptions): void {
    this.#connection = connection;
    this.compresses = this.extensions.includes('permessage-deflate');
    this.#handle = tcpHandleOf(connection);
    this.#options = options;
    this.#listener = options.enter(this, entrance);
    const { _receiver: receiver } = this as unknown as { _receiver?: object };
    readPongs(connection, receiver, (payload) => {
      // From the close frame on ws reads nothing but the peer's.
      if (this.readyState !== WebSocket.OPEN) return false;
      this.#listener?.pong(payload);
      return true;
    });
  }

  get waitingBytes(): number {
    return (this.#connection?.writableLength ?? 0) + (this.#handle?.writeQueueSize ?? 0);
  }

  /**
   * Past the sender of ws, which would frame and compress the same bytes again for every peer. What ws writes itself, pongs
   * and the close frame, is never compressed and so it writes it whole, so that no frame gets into another; and from its
   * close frame on it is not open any more, so that nothing follows that.
   */
  write(frames: Uint8Array): boolean {
    if (this.readyState !== WebSocket.OPEN) return true;
    const handle = this.#handle;
    if (handle === undefined) return this.#writeToStream([frames]);
    const waiting = writeDirectly(handle, frames);
    return waiting === undefined || this.#await(waiting);
  }

  writeTogether(frames: readonly Uint8Array[]): boolean {
    if (this.readyState !== WebSocket.OPEN) return true;
    const handle = this.#handle;
    if (handle === undefined) return this.#writeToStream(frames);
    const waiting = writeAllDirectly(handle, frames);
    return waiting === undefined || this.#await(waiting);
  }

  /** What ws tells. Taken here, because listeners would be a table of their own for every connection. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const listener = this.#listener;
    if (event === 'message') {
      const [data, isBinary] = args as [RawData, boolean];
      if (isBinary) listener?.binary();
      else listener?.message(String(data));
    } else if (event === 'pong') {
      const payload = args[0] as Buffer;
      if (payload.byteLength === PING_PAYLOAD_BYTES) listener?.pong(payload.readInt32BE());
    } else if (event === 'close') {
      this.#options?.left(this);
      listener?.closed(args[0] as number);
    } else if (event === 'error') {
      // ws closes the connection itself with the code that fits; this names the cause: too big, too many fragments …
      const { code, message } = args[0] as Error & { code?: string };
      this.#options?.logger.info({ code, reason: message }, 'peer broke the protocol');
    }
    return true;
  }

  #await(waiting: WriteRequest | 'failed'): boolean {
    if (waiting === 'failed') {
      this.#connection?.destroy();
      return true;
    }
    this.#waiting++;
    waiting.oncomplete = (status) => {
      if (status < 0) this.#connection?.destroy();
      this.#taken();
    };
    return false;
  }

  #writeToStream(frames: readonly Uint8Array[]): boolean {
    const connection = this.#connection;
    if (connection === undefined) return true;
    connection.cork();
    for (const frame of frames) connection.write(frame);
    connection.uncork();
    if (connection.writableLength === 0) return true;
    if (this.#waiting === 0) this.#awaitStream(connection);
    return false;
  }

  /**
   * By the callback of an empty write behind everything that waits. A callback of every write would cost a turn of the
   * queue for each, also for those that the operating system took at once, which are nearly all. And the event `drain`
   * comes only when more waited than the stream's own mark: a smaller limit of ours would wait for it for ever.
   */
  #awaitStream(connection: Duplex): void {
    this.#waiting++;
    connection.write(NOTHING, () => this.#taken());
  }

  #taken(): void {
    this.#waiting--;
    const connection = this.#connection;
    // After an error the close follows, which says all there is to say.
    if (this.#waiting > 0 || !connection || connection.destroyed || this.readyState !== WebSocket.OPEN)
      return;
    if (this.waitingBytes === 0) this.#listener?.drained();
    else this.#awaitStream(connection);
  }
}
