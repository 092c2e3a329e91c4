import { EventEmitter, on } from 'node:events';
import { createServer } from 'node:http';
import { initTRPC, tracked } from '@trpc/server';
import { applyWSSHandler } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import * as z from 'zod';
import { messageOf, nowMicros } from '../../message.ts';
import { listen } from '../listen.ts';
import type { Target } from '../target.ts';

type Update = ReturnType<typeof messageOf>;

/** tRPC subscriptions as its guide writes them: an async generator over an emitter, with tracked ids. */
export async function startTrpc(): Promise<Target> {
  const updates = new EventEmitter<Record<string, [Update]>>().setMaxListeners(0);
  const { router, procedure } = initTRPC.create();
  const appRouter = router({
    updates: procedure.input(z.object({ topic: z.number() })).subscription(async function* ({
      input,
      signal,
    }) {
      const iterable = on(updates, String(input.topic), signal === undefined ? {} : { signal });
      // Says that from now on nothing is missed.
      yield 'subscribed';
      for await (const [update] of iterable as AsyncIterable<[Update]>) {
        yield tracked(String(update.offset), update);
      }
    }),
  });
  const httpServer = createServer();
  applyWSSHandler({ wss: new WebSocketServer({ server: httpServer }), router: appRouter });
  return {
    port: await listen(httpServer),
    publish(topic, first, count) {
      for (let sequence = first; sequence < first + count; sequence++) {
        updates.emit(String(topic), messageOf(topic, sequence, nowMicros()));
      }
      return undefined;
    },
  };
}
