import type { Driver } from '../driver.ts';
import { upgradeRequest } from '../upgrade.ts';

// Packets of Engine.IO (4 is a message) and of Socket.IO in it (0 connect, 2 event, 3 acknowledgement).
const OPEN = '0';
const PING = '2';
const PONG = '3';
const CONNECT = '40';
const ACKNOWLEDGEMENT = '430[]';
/** Behind each event stands an offset for the recovery: `,"…"]`. */
const LONGEST_OFFSET = 40;

/** Socket.IO over WebSocket alone. Who comes back names its session and the offset that it saw last. */
export const socketIo: Driver = {
  open: () => upgradeRequest('/socket.io/?EIO=4&transport=websocket'),
  upgrades: true,
  begin: () => [],
  answer(text, subscriber) {
    if (text === PING) return [PONG];
    if (text === ACKNOWLEDGEMENT) return 'subscribed';
    const { memory: pid, place: offset } = subscriber;
    if (text.startsWith(CONNECT)) {
      subscriber.memory = JSON.parse(text.slice(CONNECT.length)).pid;
      if (pid === undefined) return [`420["subscribe",${subscriber.topic}]`];
      if (pid !== subscriber.memory) throw new Error('a session was not recovered');
      return 'subscribed';
    }
    if (text.startsWith(OPEN))
      return [pid === undefined ? CONNECT : CONNECT + JSON.stringify({ pid, offset })];
    throw new Error(`the server said ${text}`);
  },
  delivered(bytes, start, end, subscriber) {
    const tail = bytes.toString('latin1', Math.max(start, end - LONGEST_OFFSET), end);
    subscriber.place = tail.slice(tail.lastIndexOf(',"') + 2, -2);
  },
  marker: '"offset":',
  resumes: true,
  // The missed events come before it says that the session goes on.
  deliversEarly: true,
};
