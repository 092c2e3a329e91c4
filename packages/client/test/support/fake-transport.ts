import type { OpenTransport, TransportListener } from '../../src/index.ts';
import { pong, type Said } from './fake-server.ts';

/** A socket that a test plays the server's part of. */
export interface FakeSocket {
  readonly listener: TransportListener;
  readonly url: string;
  readonly subprotocol: string;
  readonly timeoutMs: number;
  readonly said: Said[];
  closed: boolean;
  /** Delivers a message. */
  push(...messages: object[]): void;
}

/** A transport in memory: the sockets that were opened, in order. */
export function fakeTransport() {
  const sockets: FakeSocket[] = [];
  const transport = {
    sockets,
    /** Whether pings are answered by themselves. */
    answersPings: false,
    open: ((url, subprotocol, timeoutMs, listener) => {
      const socket: FakeSocket = {
        listener,
        url,
        subprotocol,
        timeoutMs,
        said: [],
        closed: false,
        push: (...messages) => {
          for (const message of messages) listener.received(JSON.stringify(message));
        },
      };
      sockets.push(socket);
      return {
        send: (text) => {
          const said = JSON.parse(text) as Said;
          socket.said.push(said);
          if (said.type === 'ping' && transport.answersPings) queueMicrotask(() => socket.push(pong(said)));
        },
        close: () => {
          socket.closed = true;
        },
      };
    }) satisfies OpenTransport as OpenTransport,
    last(): FakeSocket {
      const socket = sockets.at(-1);
      if (!socket) throw new Error('no socket was opened');
      return socket;
    },
  };
  return transport;
}
