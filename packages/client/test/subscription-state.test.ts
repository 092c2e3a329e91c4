import { describe, expect, it } from 'vitest';
import { resumed } from '../src/continuity.ts';
import { type SubscriptionEvent, type SubscriptionState, transition } from '../src/subscription-state.ts';

type StateName = SubscriptionState['name'];

const top = { epoch: 'e', offset: 4 };
const continuity = resumed({ epoch: 'e', offset: 1 }, top, 3);
const nothing = resumed(top, top, 0);

const states: { [Name in StateName]: Extract<SubscriptionState, { name: Name }> } = {
  disconnected: { name: 'disconnected' },
  connecting: { name: 'connecting' },
  catching_up: { name: 'catching_up', continuity },
  live: { name: 'live', continuity },
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
  'connect with publications': { type: 'connect', continuity, behind: true },
  'connect without': { type: 'connect', continuity: nothing, behind: false },
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
  'connect with publications': { name: 'catching_up', continuity },
  'connect without': { name: 'live', continuity: nothing },
  delayed: { name: 'waiting', retryAt: 800 },
  stopped: { name: 'stopped', reason: 'access_denied' },
};

/** The two events whose outcome depends on the state. */
const dependent: Record<StateName, Record<'connection connected' | 'caught_up', SubscriptionState>> = {
  disconnected: { 'connection connected': states.connecting, caught_up: states.disconnected },
  connecting: { 'connection connected': states.connecting, caught_up: states.connecting },
  catching_up: { 'connection connected': states.catching_up, caught_up: { name: 'live', continuity } },
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
