import type { Recovery } from '@vitalwire/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Reading,
  readConnect,
  readPublication,
  type SubscriptionEvent,
  type SubscriptionState,
  transition,
} from '../src/subscription-state.ts';

type StateName = SubscriptionState['name'];

const recovery: Recovery = { status: 'recovered', from: 'e:1', to: 'e:4', count: 3 };
const nothing: Recovery = { status: 'fresh', from: 'e:4', to: 'e:4', count: 0 };

const states: { [Name in StateName]: Extract<SubscriptionState, { name: Name }> } = {
  disconnected: { name: 'disconnected' },
  connecting: { name: 'connecting' },
  catching_up: { name: 'catching_up', recovery },
  live: { name: 'live', recovery },
  waiting: { name: 'waiting', retryAt: 100 },
  stopped: { name: 'stopped', reason: 'invalid_token' },
};

const events = {
  'connection disconnected': { type: 'connection', state: { name: 'disconnected' } },
  'connection connecting': { type: 'connection', state: { name: 'connecting', failures: 0 } },
  'connection connected': { type: 'connection', state: { name: 'connected', failures: 0 } },
  'connection waiting': { type: 'connection', state: { name: 'waiting', failures: 1, retryAt: 700 } },
  'connection stopped': { type: 'connection', state: { name: 'stopped', reason: 'token_expired' } },
  'connection closed': { type: 'connection', state: { name: 'closed' } },
  asked: { type: 'asked' },
  'connect with publications': { type: 'connect', recovery },
  'connect without': { type: 'connect', recovery: nothing },
  caught_up: { type: 'caught_up' },
  delayed: { type: 'delayed', retryAt: 800 },
  stopped: { type: 'stopped', reason: 'access_denied' },
} satisfies Record<string, SubscriptionEvent>;

/** What an event leads to, whatever the state was. */
const anywhere: Record<
  Exclude<keyof typeof events, 'connection connected' | 'caught_up'>,
  SubscriptionState
> = {
  'connection disconnected': { name: 'disconnected' },
  'connection connecting': { name: 'connecting' },
  'connection waiting': { name: 'waiting', retryAt: 700 },
  'connection stopped': { name: 'stopped', reason: 'token_expired' },
  'connection closed': { name: 'stopped', reason: 'closed' },
  asked: { name: 'connecting' },
  'connect with publications': { name: 'catching_up', recovery },
  'connect without': { name: 'live', recovery: nothing },
  delayed: { name: 'waiting', retryAt: 800 },
  stopped: { name: 'stopped', reason: 'access_denied' },
};

/** The two events whose outcome depends on the state. */
const dependent: Record<StateName, Record<'connection connected' | 'caught_up', SubscriptionState>> = {
  disconnected: { 'connection connected': states.connecting, caught_up: states.disconnected },
  connecting: { 'connection connected': states.connecting, caught_up: states.connecting },
  catching_up: { 'connection connected': states.catching_up, caught_up: { name: 'live', recovery } },
  live: { 'connection connected': states.live, caught_up: states.live },
  waiting: { 'connection connected': states.waiting, caught_up: states.waiting },
  stopped: { 'connection connected': states.connecting, caught_up: states.stopped },
};

describe.each(Object.values(states))('a subscription that is $name', (state) => {
  it.each(Object.keys(events) as (keyof typeof events)[])('answers "%s" as its table says', (name) => {
    const expected = { ...anywhere, ...dependent[state.name] }[name];
    expect(transition(state, events[name])).toEqual(expected);
  });
});

describe('reading a topic', () => {
  const empty: Reading = { received: undefined, recovery: undefined, left: 0 };
  const gap: Recovery = {
    status: 'gap',
    reason: 'retention',
    last_seen: 'e:1',
    first_available: 'e:8',
    from: 'e:7',
    to: 'e:9',
    count: 2,
  };

  it('begins where the server says when nothing was received', () => {
    expect(readConnect(empty, recovery)).toEqual({ received: { epoch: 'e', offset: 1 }, recovery, left: 3 });
  });

  it('keeps what was received when the server recovered it', () => {
    const held = { ...empty, received: { epoch: 'e', offset: 3 } };
    expect(readConnect(held, recovery).received).toEqual({ epoch: 'e', offset: 3 });
  });

  it.each([
    { epoch: 'e', offset: 1 },
    { epoch: 'e', offset: 99 },
    { epoch: 'old', offset: 3 },
  ])('goes on after a gap where the server says, from $epoch:$offset', (received) => {
    expect(readConnect({ ...empty, received }, gap).received).toEqual({ epoch: 'e', offset: 7 });
  });

  it('refuses a publication of another epoch', () => {
    expect(readPublication(readConnect(empty, recovery), { epoch: 'other', offset: 2 })).toBeUndefined();
  });

  it('tells recovered publications from live ones by the top at the beginning', () => {
    const reading = readConnect(empty, recovery);
    expect(readPublication(reading, { epoch: 'e', offset: 4 })?.recovered).toBe(true);
    expect(readPublication(reading, { epoch: 'e', offset: 5 })?.recovered).toBe(false);
  });

  it('has nothing left at the top, though fewer came than were counted', () => {
    const reading = readConnect(empty, recovery);
    expect(readPublication(reading, { epoch: 'e', offset: 4 })?.reading.left).toBe(0);
    expect(readPublication(reading, { epoch: 'e', offset: 5 })?.reading.left).toBe(0);
  });

  it('has nothing left after the counted ones, though the last places hold none for this subscriber', () => {
    let reading = readConnect(empty, { ...recovery, to: 'e:9', count: 2 });
    for (const offset of [2, 5])
      reading = readPublication(reading, { epoch: 'e', offset })?.reading ?? reading;
    expect(reading.left).toBe(0);
  });

  it('takes each offset once and in order, whatever is repeated', () => {
    const offsets = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 80 });
    fc.assert(
      fc.property(offsets, fc.nat(10), fc.nat(40), (sent, from, ahead) => {
        let reading = readConnect(empty, {
          status: 'recovered',
          from: `e:${from}`,
          to: `e:${from + ahead}`,
          count: ahead,
        });
        const taken: number[] = [];
        for (const offset of sent) {
          const read = readPublication(reading, { epoch: 'e', offset });
          if (!read) throw new Error('same epoch');
          if (read.fresh) taken.push(offset);
          expect(read.reading.left).toBeGreaterThanOrEqual(0);
          expect(read.reading.left).toBeLessThanOrEqual(reading.left);
          reading = read.reading;
        }
        expect(taken).toEqual([...new Set(taken)].sort((a, b) => a - b));
        expect(taken).toEqual(sent.filter((offset, i) => offset > Math.max(from, ...sent.slice(0, i))));
        expect(reading.received?.offset).toBe(Math.max(from, ...taken));
      }),
    );
  });
});
