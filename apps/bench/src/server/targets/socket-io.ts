import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { messageOf, nowMicros } from '../../message.ts';
import { listen } from '../listen.ts';
import type { Target } from '../target.ts';

/** Socket.IO with its connection state recovery, which keeps in memory what was sent in the last two minutes. */
export async function startSocketIo(): Promise<Target> {
  const httpServer = createServer();
  const io = new Server(httpServer, { serveClient: false, connectionStateRecovery: {} });
  io.on('connection', (socket) => {
    socket.on('subscribe', async (topic: number, answer: () => void) => {
      await socket.join(String(topic));
      answer();
    });
  });
  return {
    port: await listen(httpServer),
    publish(topic, first, count) {
      for (let sequence = first; sequence < first + count; sequence++) {
        io.to(String(topic)).emit('update', messageOf(topic, sequence, nowMicros()));
      }
      return undefined;
    },
  };
}
