import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { parseDiagnosisId, SUBPROTOCOL } from '@vitalwire/protocol';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { Entrance } from '../entrance.ts';
import type { Logger } from '../logger.ts';
import type { Limits, Timing } from '../options.ts';
import type { Socket, SocketListener } from '../socket.ts';
import { takeOver } from './take-over.ts';

/** How WebSockets are taken in. */
export interface WebSocketOptions {
  /** Path in front of `/ws`. */
  readonly basePath: string;
  readonly origins: readonly string[] | undefined;
  readonly limits: Limits;
  readonly timing: Timing;
  readonly logger: Logger;
  /** A peer came in; who listens to its socket? */
  readonly enter: (socket: Socket, entrance: Entrance) => SocketListener;
  /** The socket is closed for good. */
  readonly left: (socket: Socket) => void;
}

/**
 * Takes the WebSocket upgrades of an HTTP server at `/ws` and `/ws/{diagnosis_id}`, and leaves others to the
 * application. Returns a function that stops this.
 */
export function attachWebSockets(httpServer: Server, options: WebSocketOptions): () => void {
  const { limits, timing } = options;
  // A variable, because the published types of ws do not know `closeTimeout` yet.
  const settings = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
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
    const entrance = entranceOf(path, url);
    webSockets.handleUpgrade(request, connection, head, (webSocket) => {
      const socket = new WsSocket(webSocket, connection);
      webSocket.once('close', () => options.left(socket));
      socket.listen(options.enter(socket, entrance), options.logger);
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
  if (/^\/ws\/[^/]+\/?$/.test(path)) return undefined;
  if (!/^\/ws\/?$/.test(path)) return { status: 404, text: 'no WebSocket endpoint at this path' };
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
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

/** A WebSocket of the package ws as the core's {@link Socket}. */
class WsSocket implements Socket {
  readonly #webSocket: WebSocket;
  readonly #connection: Duplex;
  #listener: SocketListener | undefined;
  /** Something waits, and an empty write behind it. */
  #draining = false;

  constructor(webSocket: WebSocket, connection: Duplex) {
    this.#webSocket = webSocket;
    this.#connection = connection;
  }

  get bufferedAmount(): number {
    return this.#connection.writableLength;
  }

  /**
   * Past the sender of ws, which would frame the same bytes again for every peer. What ws writes itself, pongs and the
   * close frame, it writes whole and at once as long as nothing is compressed, so that no frame gets into another; and
   * from its close frame on it is not open any more, so that nothing follows that.
   */
  send(...frames: readonly Uint8Array[]): void {
    if (!this.#open) return;
    const several = frames.length > 1;
    if (several) this.#connection.cork();
    for (const frame of frames) this.#connection.write(frame);
    if (several) this.#connection.uncork();
    if (this.#connection.writableLength > 0) this.#awaitDrained();
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  listen(listener: SocketListener, logger: Logger): void {
    this.#listener = listener;
    this.#webSocket.on('message', (data: RawData, isBinary: boolean) => {
      if (isBinary) listener.binary();
      else listener.message(String(data));
    });
    this.#webSocket.on('pong', (payload) => listener.pong(payload.toString()));
    this.#webSocket.on('close', (code) => listener.closed(code));
    // ws closes the connection itself with the code that fits; this names the cause: too big, too many fragments …
    this.#webSocket.on('error', (error: Error & { code?: string }) => {
      logger.info({ code: error.code, reason: error.message }, 'peer broke the protocol');
    });
  }

  /**
   * By the callback of an empty write behind everything that waits. A callback of every write would cost a turn of the
   * queue for each, also for those that the operating system took at once, which are nearly all. And the event `drain`
   * comes only when more waited than the stream's own mark: a smaller limit of ours would wait for it for ever.
   */
  #awaitDrained(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#connection.write(NOTHING, () => {
      this.#draining = false;
      // After an error the close follows, which says all there is to say.
      if (!this.#open) return;
      if (this.bufferedAmount > 0) this.#awaitDrained();
      else this.#listener?.drained();
    });
  }

  get #open(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }
}
