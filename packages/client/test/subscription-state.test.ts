import { describe, expect, it } from 'vitest';
import type { ConnectionState } from '../src/connection-state.ts';
import { resumed } from '../src/continuity.ts';
import { caughtUp, follow, type SubscriptionState } from '../src/subscription-state.ts';

type StateName = SubscriptionState['name'];
type ConnectionName = ConnectionState['name'];

const continuity = resumed({ epoch: 'e', offset: 1 }, { epoch: 'e', offset: 4 }, 3);

const states: { [Name in StateName]: Extract<SubscriptionState, { name: Name }> } = {
  disconnected: { name: 'disconnected' },
  connecting: { name: 'connecting' },
  catching_up: { name: 'catching_up', continuity },
  live: { name: 'live', continuity },
  waiting: { name: 'waiting', retryAt: 100 },
  stopped: { name: 'stopped', reason: 'invalid_token' },
};

const connections: { [Name in ConnectionName]: Extract<ConnectionState, { name: Name }> } = {
  disconnected: { name: 'disconnected' },
  connecting: { name: 'connecting', failures: 0 },
  connected: { name: 'connected', failures: 0 },
  waiting: { name: 'waiting', failures: 1, retryAt: 700 },
  stopped: { name: 'stopped', reason: 'token_expired' },
  closed: { name: 'closed' },
};

/** What a connection's state leads to, whatever the subscription's was. */
const anywhere: Record<Exclude<ConnectionName, 'connected'>, SubscriptionState> = {
  disconnected: { name: 'disconnected' },
  connecting: { name: 'connecting' },
  waiting: { name: 'waiting', retryAt: 700 },
  stopped: { name: 'stopped', reason: 'token_expired' },
  closed: { name: 'stopped', reason: 'closed' },
};

/** What depends on the subscription's own state. */
const dependent: Record<StateName, Record<'connected' | 'caughtUp', SubscriptionState>> = {
  disconnected: { connected: states.connecting, caughtUp: states.disconnected },
  connecting: { connected: states.connecting, caughtUp: states.connecting },
  catching_up: { connected: states.catching_up, caughtUp: { name: 'live', continuity } },
  live: { connected: states.live, caughtUp: states.live },
  waiting: { connected: states.waiting, caughtUp: states.waiting },
  stopped: { connected: states.connecting, caughtUp: states.stopped },
};

describe.each(Object.values(states))('a subscription that is $name', (state) => {
  it.each(Object.values(connections))('follows a connection that is $name', (connection) => {
    const expected = { ...anywhere, connected: dependent[state.name].connected }[connection.name];
    expect(follow(state, connection)).toEqual(expected);
  });

  it('is live after the last publication from before, if it was catching up', () => {
    expect(caughtUp(state)).toEqual(dependent[state.name].caughtUp);
  });
});
