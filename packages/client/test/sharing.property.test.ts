import type { Position } from '@vitalwire/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Client, type Continuity, createClient, type Gap, type Subscription } from '../src/index.ts';
import { LogServer } from './support/log-server.ts';
import { tokenOf } from './support/tokens.ts';

type Step =
  | { do: 'publish'; addressed: boolean }
  | { do: 'arrive'; count: number }
  | { do: 'pass'; ms: number }
  | { do: 'cut' | 'restart' }
  | { do: 'retain'; count: number }
  | { do: 'join'; kind: 'plain' | 'snapshot'; handlerMs: number; lag: number; fails: boolean }
  | { do: 'leave'; which: number };

const of = <Name extends Step['do']>(name: Name) => ({ do: fc.constant(name) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ ...of('publish'), addressed: fc.boolean() }) },
  { weight: 8, arbitrary: fc.record({ ...of('arrive'), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ ...of('pass'), ms: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record(of('cut')) },
  { weight: 1, arbitrary: fc.record(of('restart')) },
  { weight: 1, arbitrary: fc.record({ ...of('retain'), count: fc.nat(4) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...of('join'),
      kind: fc.constantFrom('plain' as const, 'snapshot' as const),
      handlerMs: fc.constantFrom(0, 3, 30),
      lag: fc.nat(3),
      fails: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ ...of('leave'), which: fc.nat(3) }) },
);

const text = ({ epoch, offset }: Position) => `${epoch}:${offset}`;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** What one part of a page was given. */
class Part {
  readonly kind: 'plain' | 'snapshot';
  /** It began where no position was known. */
  blind: boolean;
  readonly subscription: Subscription;
  readonly seen: Position[] = [];
  readonly continuities: Continuity[] = [];
  readonly gaps: Gap[] = [];
  /** What it knows: of a snapshot, and of publications on top. */
  has = new Set<string>();
  ended = false;

  constructor(client: Client<never, true>, server: LogServer, { kind, handlerMs, lag, fails }: Joining) {
    this.kind = kind;
    this.blind = kind === 'plain';
    let failing = fails;
    let behind = lag;
    const blind = () => {
      this.blind = true;
    };
    const take = async (position: Position) => {
      if (handlerMs > 0) await new Promise((resolve) => setTimeout(resolve, handlerMs));
      if (failing && position.offset % 2 === 0) {
        failing = false;
        throw new Error('once');
      }
      expect(this.has).not.toContain(text(position));
      this.has.add(text(position));
      this.seen.push({ epoch: position.epoch, offset: position.offset });
    };
    this.subscription = client.subscribe(
      1,
      kind === 'plain'
        ? { onGap: (gap) => void this.gaps.push(gap), onHandlerError: 'retry' }
        : {
            // A backend whose replica lags, less and less.
            onGap: (gap) => void this.gaps.push(gap),
            loadSnapshot: () => {
              const count = Math.max(1, server.published.length - behind);
              const position = behind > 0 ? (server.published[count - 1] ?? 'earliest') : server.top;
              behind = Math.max(0, behind - 1);
              // It cannot be known what a log had that was lost before anybody held a position in it.
              if (position === 'earliest') blind();
              return { state: server.published.slice(0, count).map(text), position };
            },
            onSnapshot: (state: string[]) => {
              this.has = new Set(state);
            },
            onHandlerError: 'retry',
          },
    );
    this.#note();
    this.subscription.on('state', () => this.#note());
    this.subscription.on('publication', take);
  }

  #note(): void {
    const { state } = this.subscription;
    if (state.name !== 'live' && state.name !== 'catching_up') return;
    if (!this.continuities.includes(state.continuity)) this.continuities.push(state.continuity);
  }

  end(): void {
    this.ended = true;
    this.subscription.unsubscribe();
  }
}

type Joining = Omit<Extract<Step, { do: 'join' }>, 'do'>;

async function play(steps: readonly Step[]) {
  const server = new LogServer();
  const client = createClient({
    url: 'ws://localhost/ws',
    getToken: () => tokenOf({ sub: 'ann' }),
    transport: server.open,
    positions: { load: () => undefined, save: () => {} },
    maxWaitingPublications: 3,
    lingerMs: 10,
    backoff: { baseMs: 5, maxMs: 20 },
    onGap: 'ignore',
    onError: () => {},
  }) as Client<never, true>;
  client.connect();
  const parts: Part[] = [];
  const join = (joining: Joining) => parts.push(new Part(client, server, joining));
  join({ kind: 'plain', handlerMs: 0, lag: 0, fails: false });
  for (const event of steps) {
    if (event.do === 'publish') server.publish(event.addressed);
    if (event.do === 'arrive') server.arrive(event.count);
    if (event.do === 'cut') server.cut();
    if (event.do === 'restart') server.restart();
    if (event.do === 'retain') server.retain(event.count);
    if (event.do === 'pass') await vi.advanceTimersByTimeAsync(event.ms);
    if (event.do === 'join' && parts.length < 4) join(event);
    if (event.do === 'leave') parts[event.which]?.end();
    await vi.advanceTimersByTimeAsync(0);
  }
  for (let i = 0; i < 150; i++) {
    await vi.advanceTimersByTimeAsync(30);
    server.arrive(100);
  }
  await vi.advanceTimersByTimeAsync(2_000);
  const states = parts.map(({ subscription }) => subscription.state.name);
  client.close();
  return { parts, states, published: server.published };
}

/** Whether a gap says that this publication may be gone. */
function isCovered({ epoch, offset }: Position, gaps: readonly Gap[]): boolean {
  return gaps.some(
    ({ lastSeen, firstAvailable }) =>
      epoch >= lastSeen.epoch &&
      (epoch !== lastSeen.epoch || offset > lastSeen.offset) &&
      (epoch < firstAvailable.epoch || (epoch === firstAvailable.epoch && offset < firstAvailable.offset)),
  );
}

describe('several subscriptions of one diagnosis', () => {
  it('are each given everything from their own beginning, once and in order, whatever the others do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { parts, states, published } = await play(steps);
        const order = published.map(text);
        for (const [index, { kind, blind, seen, has, continuities, gaps, ended }] of parts.entries()) {
          const given = seen.map(text);
          expect(new Set(given).size).toBe(given.length);
          expect(given).toEqual(order.filter((entry) => given.includes(entry)));
          if (!ended) expect(states[index]).toBe('live');
          const begun = continuities[0]?.from;
          const last = ended ? order.indexOf(given.at(-1) ?? '') : order.length - 1;
          for (const publication of published.slice(0, last + 1)) {
            const before =
              blind &&
              (!begun ||
                publication.epoch < begun.epoch ||
                (publication.epoch === begun.epoch && publication.offset <= begun.offset));
            const known = before || has.has(text(publication)) || isCovered(publication, gaps);
            expect(known, `${text(publication)} passed over by ${kind} ${index}`).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  }, 120_000);
});
