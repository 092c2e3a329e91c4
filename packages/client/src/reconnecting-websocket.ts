import RwsModule from 'reconnecting-websocket';
import type { OpenTransport } from './transport.ts';

// Its types claim a `default` on the class, which exists neither in Node nor in bundles.
const ReconnectingWebSocket = RwsModule as unknown as typeof RwsModule.default;

/**
 * A transport over reconnecting-websocket, one instance for each attempt: its own retries have no jitter, cannot be
 * stopped by a close code, and hang after some failures. Its queue is off, because it is sent before `open` is seen.
 */
export const openReconnectingWebSocket: OpenTransport = (url, subprotocol, timeoutMs, listener) => {
  let over = false;
  const lost = (code: number, reason: string) => {
    if (over) return;
    over = true;
    listener.lost(code, reason);
  };

  // The library would turn a throwing constructor (no WebSocket here, forbidden by the page) into an unhandled rejection.
  function SafeWebSocket(address: string, protocols: string) {
    try {
      return new WebSocket(address, protocols);
    } catch (error) {
      // Later, when the library has set the timers that `close` clears.
      queueMicrotask(() => lost(1006, String(error)));
      return Object.assign(new EventTarget(), { close() {} });
    }
  }
  // By which the library knows a WebSocket class.
  SafeWebSocket.CLOSING = 2;

  const socket = new ReconnectingWebSocket(url, subprotocol, {
    WebSocket: SafeWebSocket,
    connectionTimeout: timeoutMs,
    maxRetries: 0,
    maxEnqueuedMessages: 0,
  });
  socket.onopen = () => over || listener.opened();
  socket.onmessage = ({ data }) => over || listener.received(String(data));
  socket.onclose = ({ code, reason }) => lost(code, reason);
  // Mostly after `onclose`, which the library calls with a made-up 1000.
  socket.onerror = ({ message }) => lost(1006, message);
  return {
    send: (text) => socket.send(text),
    close() {
      over = true;
      socket.close();
    },
  };
};
