import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { messageOf, nowMicros } from '../../message.ts';
import { listen } from '../listen.ts';
import type { Target } from '../target.ts';

/** What one writes first: `client.send(text)` in a loop. There is no log, no token, and nothing is recovered. */
export async function startWsNaive(): Promise<Target> {
  const topics = new Map<number, Set<WebSocket>>();
  const httpServer = createServer();
  new WebSocketServer({ server: httpServer }).on('connection', (client, request) => {
    const topic = Number(new URL(request.url ?? '', 'ws://localhost').searchParams.get('topic'));
    const clients = topics.get(topic) ?? new Set();
    topics.set(topic, clients.add(client));
    client.once('close', () => clients.delete(client));
    client.on('error', () => {});
    client.send('{"type":"connect"}');
  });
  return {
    port: await listen(httpServer),
    publish(topic, first, count) {
      for (let sequence = first; sequence < first + count; sequence++) {
        const text = JSON.stringify(messageOf(topic, sequence, nowMicros()));
        for (const client of topics.get(topic) ?? []) client.send(text);
      }
      return undefined;
    },
  };
}
