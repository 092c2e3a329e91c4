import type { Position } from '@vitalwire/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Client, createClient, type Gap, type PositionStore } from '../src/index.ts';
import { LogServer } from './support/log-server.ts';
import { tokenOf } from './support/tokens.ts';

type Step =
  | { do: 'publish'; addressed: boolean }
  | { do: 'arrive'; count: number }
  | { do: 'pass'; ms: number }
  | { do: 'cut' | 'restart' | 'resubscribe' | 'reload' }
  | { do: 'retain'; count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('publish' as const), addressed: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('arrive' as const), count: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('restart' as const, 'resubscribe' as const, 'reload' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retain' as const), count: fc.nat(4) }) },
);

const text = ({ epoch, offset }: Position) => `${epoch}:${offset}`;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Plays a history and gives what the handlers were given: publications and gaps, in order. */
async function play(steps: readonly Step[], handlerMs: number) {
  const server = new LogServer();
  const items = new Map<string, string>();
  const positions: PositionStore = {
    load: (key) => items.get(key),
    save: (key, value) => void items.set(key, value),
  };
  const given: (Position | { gap: Gap })[] = [];
  let working: Promise<void> = Promise.resolve();

  const subscribe = (client: Client) => {
    const subscription = client.subscribe(1, { onGap: (gap) => void given.push({ gap }) });
    subscription.on('publication', ({ epoch, offset }) => {
      given.push({ epoch, offset });
      working = new Promise((resolve) => setTimeout(resolve, handlerMs));
      return working;
    });
    return subscription;
  };
  const load = () => {
    const client = createClient({
      url: 'ws://localhost/ws',
      getToken: () => tokenOf({ sub: 'ann' }),
      transport: server.open,
      positions,
      maxWaitingPublications: 3,
      backoff: { baseMs: 5, maxMs: 20 },
      onError(error) {
        throw error;
      },
    });
    client.connect();
    return { client, subscription: subscribe(client) };
  };
  // A page that goes away while a handler works gives it the same publication again: that is at least once.
  const atRest = async () => {
    let before: unknown;
    do {
      before = working;
      await vi.advanceTimersByTimeAsync(handlerMs + 1);
      // The next handler may have begun meanwhile, and waits for the clock in its turn.
    } while (before !== working);
    await working;
  };

  let { client, subscription } = load();
  for (const event of steps) {
    if (event.do === 'publish') server.publish(event.addressed);
    if (event.do === 'arrive') server.arrive(event.count);
    if (event.do === 'cut') server.cut();
    if (event.do === 'restart') server.restart();
    if (event.do === 'retain') server.retain(event.count);
    if (event.do === 'pass') await vi.advanceTimersByTimeAsync(event.ms);
    if (event.do === 'resubscribe' || event.do === 'reload') {
      // Ends at a moment when no handler works.
      let before = -1;
      while (before !== given.length) {
        before = given.length;
        await atRest();
      }
      if (event.do === 'resubscribe') {
        subscription.unsubscribe();
        subscription = subscribe(client);
      } else {
        client.close();
        ({ client, subscription } = load());
      }
    }
    await vi.advanceTimersByTimeAsync(0);
  }
  for (let i = 0; i < 60; i++) {
    await vi.advanceTimersByTimeAsync(20);
    server.arrive(100);
  }
  await atRest();
  const { state, position } = subscription;
  client.close();
  return { given, published: server.published, state, position };
}

describe('a subscriber', () => {
  it('is given each publication once and in order, or a gap that covers it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 3), async (steps, handlerMs) => {
        const { given, published, state, position } = await play(steps, handlerMs);
        const seen = given.filter((entry): entry is Position => 'offset' in entry).map(text);
        expect(new Set(seen).size).toBe(seen.length);

        // In order: what it was given is what was published, without what the gaps say.
        const order = published.map(text);
        expect(seen).toEqual(order.filter((entry) => seen.includes(entry)));
        const missed = published.filter((publication) => !seen.includes(text(publication)));
        const gaps = given.flatMap((entry) => ('gap' in entry ? [entry.gap] : []));
        for (const { epoch, offset } of missed) {
          const covered = gaps.some(
            ({ lastSeen, firstAvailable }) =>
              (epoch === lastSeen.epoch ? offset > lastSeen.offset : true) &&
              (epoch === firstAvailable.epoch
                ? offset < firstAvailable.offset
                : epoch < firstAvailable.epoch) &&
              epoch >= lastSeen.epoch,
          );
          const beforeAll = given.length === 0 || isBeforeFirst({ epoch, offset }, given);
          expect(covered || beforeAll, `${epoch}:${offset} passed over in silence`).toBe(true);
        }

        // And at the end it has caught up.
        expect(state.name).toBe('live');
        const last = seen.at(-1);
        if (last && gaps.length === 0 && position) expect(text(position)).toBe(last);
      }),
      { numRuns: 300 },
    );
  }, 120_000);
});

/** Whether something was gone before the first subscription of all began, so that it never was this subscriber's. */
function isBeforeFirst({ epoch, offset }: Position, given: readonly (Position | { gap: Gap })[]): boolean {
  const first = given[0];
  const start = first && ('gap' in first ? first.gap.lastSeen : { ...first, offset: first.offset - 1 });
  return !start || epoch < start.epoch || (epoch === start.epoch && offset <= start.offset);
}
