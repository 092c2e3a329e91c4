import { createServer, type IncomingMessage } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { messageOf, nowMicros, topicOf } from '../../message.ts';
import { listen } from '../listen.ts';
import type { Target } from '../target.ts';

/**
 * What one writes first: `client.send(text)` in a loop, and a handler of node:http that parses the JSON and sends it on.
 * There is no log, no token and no validation, and nothing is recovered.
 */
export async function startWsNaive(): Promise<Target> {
  const topics = new Map<number, Set<WebSocket>>();
  /** How much was published to each topic by HTTP. */
  const posted = new Map<number, number>();
  const httpServer = createServer((request, response) => {
    readJson(request).then(({ diagnosis_id: diagnosis, ...data }) => {
      const topic = topicOf(diagnosis);
      const offset = (posted.get(topic) ?? 0) + 1;
      posted.set(topic, offset);
      const text = JSON.stringify({ ...messageOf(topic, offset, 0), data });
      for (const client of topics.get(topic) ?? []) client.send(text);
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ status: 'broadcasted', diagnosis_id: diagnosis, offset }));
    }, response.destroy);
  });
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

function readJson(request: IncomingMessage): Promise<{ diagnosis_id: number }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', reject);
    request.on('end', () => {
      try {
        resolve(JSON.parse(Buffer.concat(chunks).toString()));
      } catch (error) {
        reject(error);
      }
    });
  });
}
