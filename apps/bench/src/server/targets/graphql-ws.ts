import { EventEmitter, on } from 'node:events';
import { createServer } from 'node:http';
import { buildSchema } from 'graphql';
import { useServer as serveGraphql } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { messageOf, nowMicros } from '../../message.ts';
import { listen } from '../listen.ts';
import type { Target } from '../target.ts';

type Update = ReturnType<typeof messageOf>;

const SCHEMA = `
type Query { health: String }
type Data {
  recommendation_id: ID
  new_effectiveness: Float
  confidence: Float
  sample_size: Int
  herb: String
}
type Update {
  type: String
  diagnosis_id: Int
  data: Data
  timestamp: String
  epoch: String
  offset: Int
}
type Subscription { updates(topic: Int!): Update }
`;

/** GraphQL subscriptions over graphql-ws: an async generator over an emitter, and one execution for each subscriber. */
export async function startGraphqlWs(): Promise<Target> {
  const emitter = new EventEmitter<Record<string, [Update]>>().setMaxListeners(0);
  async function* updates({ topic }: { topic: number }) {
    const iterable = on(emitter, String(topic));
    // Says that from now on nothing is missed.
    yield { updates: { type: 'subscribed' } };
    for await (const [update] of iterable as AsyncIterable<[Update]>) yield { updates: update };
  }
  const httpServer = createServer();
  const wss = new WebSocketServer({ server: httpServer });
  serveGraphql({ schema: buildSchema(SCHEMA), roots: { subscription: { updates } } }, wss);
  return {
    port: await listen(httpServer),
    publish(topic, first, count) {
      for (let sequence = first; sequence < first + count; sequence++) {
        emitter.emit(String(topic), messageOf(topic, sequence, nowMicros()));
      }
      return undefined;
    },
  };
}
