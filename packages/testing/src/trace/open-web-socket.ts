import type { OpenTransport } from '@vitalwire/client/transport';

/** A transport over the global `WebSocket`, of browsers and of Node. */
export const openWebSocket: OpenTransport = (url, subprotocol, timeoutMs, listener) => {
  let over = false;
  const socket = new WebSocket(url, subprotocol);
  const lose = (code: number, reason: string) => {
    clearTimeout(timer);
    if (over) return;
    over = true;
    socket.close();
    listener.lost(code, reason);
  };
  const timer = setTimeout(() => lose(1006, 'not opened in time'), timeoutMs);
  socket.onopen = () => {
    clearTimeout(timer);
    if (!over) listener.opened();
  };
  socket.onmessage = ({ data }) => over || listener.received(String(data));
  socket.onclose = ({ code, reason }) => lose(code, reason);
  return {
    send: (text) => socket.send(text),
    close() {
      over = true;
      clearTimeout(timer);
      socket.close();
    },
  };
};
