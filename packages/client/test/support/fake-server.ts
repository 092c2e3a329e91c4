import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from './wait.ts';

export interface Said {
  readonly type: string;
  readonly diagnosis_id?: number;
  readonly after?: string;
  readonly token?: string;
  readonly id?: number;
}

/** One connection of a client, as the server's end of it. */
export class FakeConnection {
  /** Every command, in order. */
  readonly record: Said[] = [];
  /** The path and query of the handshake. */
  readonly path: string;
  readonly #socket: WebSocket;
  closed: { code: number; reason: string } | undefined;

  constructor(socket: WebSocket, path: string, script: (said: Said, connection: FakeConnection) => void) {
    this.#socket = socket;
    this.path = path;
    socket.on('message', (data) => {
      const said = JSON.parse(String(data)) as Said;
      this.record.push(said);
      script(said, this);
    });
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    socket.on('error', () => {});
  }

  /** Waits until a command of a type was said for the nth time (from 1), and returns it. */
  async said(type: string, times = 1): Promise<Said> {
    const of = () => this.record.filter((said) => said.type === type);
    await until(
      () => of().length >= times,
      () => this.record,
    );
    return of()[times - 1] as Said;
  }

  get subprotocol(): string {
    return this.#socket.protocol;
  }

  push(...messages: unknown[]): void {
    for (const message of messages) {
      this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    }
  }

  /** Says goodbye as the server does, and closes. */
  end(code: number, reason: string, fields: { reconnect: boolean; retry_after_ms?: number }): void {
    this.push({ type: 'disconnect', code, reason, ...fields });
    this.close(code, reason);
  }

  close(code: number, reason = ''): void {
    this.#socket.close(code, reason);
  }

  /** Cuts the connection without a close frame. */
  drop(): void {
    this.#socket.terminate();
  }

  /** Stops reading and answering, like a peer whose network is gone. */
  freeze(): void {
    this.#socket.pause();
    this.#socket.send = () => {};
  }
}

/** A real WebSocket server that does what a test tells it. */
export class FakeServer implements AsyncDisposable {
  /** Every connection, in order. */
  readonly connections: FakeConnection[] = [];
  /** Answers commands. It starts with answering pings. */
  script: (said: Said, connection: FakeConnection) => void = (said, connection) => {
    if (said.type === 'ping') connection.push(pong(said));
  };
  /** What happens to handshakes from now on. */
  handshakes: 'accept' | 'ignore' = 'accept';
  readonly #http: Server;
  readonly #ignored = new Set<Duplex>();

  private constructor(http: Server) {
    const server = new WebSocketServer({ noServer: true });
    this.#http = http;
    http.on('upgrade', (request, socket, head) => {
      if (this.handshakes === 'ignore') {
        this.#ignored.add(socket);
        socket.on('error', () => {});
        return;
      }
      server.handleUpgrade(request, socket, head, (accepted) => server.emit('connection', accepted, request));
    });
    server.on('connection', (socket, request) => {
      this.connections.push(
        new FakeConnection(socket, request.url ?? '', (said, connection) => this.script(said, connection)),
      );
    });
  }

  static async start(port = 0): Promise<FakeServer> {
    const http = createServer();
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    return new FakeServer(http);
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** Waits for the nth connection, from 1. */
  async connection(nth = 1): Promise<FakeConnection> {
    await until(
      () => this.connections.length >= nth,
      () => `${this.connections.length} connections`,
    );
    return this.connections[nth - 1] as FakeConnection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.connections) connection.drop();
    for (const socket of this.#ignored) socket.destroy();
    await new Promise((resolve) => this.#http.close(resolve));
  }
}

export function pong({ id }: Said) {
  return { type: 'pong', data: id === undefined ? {} : { id }, timestamp: '2026-01-02T03:04:05.678Z' };
}
