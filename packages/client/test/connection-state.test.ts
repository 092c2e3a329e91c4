import { describe, expect, it } from 'vitest';
import { type ConnectionEvent, type ConnectionState, transition } from '../src/connection-state.ts';

type StateName = ConnectionState['name'];
type EventType = ConnectionEvent['type'];

const states: { [Name in StateName]: Extract<ConnectionState, { name: Name }> } = {
  disconnected: { name: 'disconnected' },
  connecting: { name: 'connecting', failures: 2 },
  connected: { name: 'connected', failures: 2 },
  waiting: { name: 'waiting', failures: 2, retryAt: 100 },
  stopped: { name: 'stopped', reason: 'invalid_token' },
  closed: { name: 'closed' },
};

const events: { [Type in EventType]: Extract<ConnectionEvent, { type: Type }> } = {
  connect: { type: 'connect' },
  proved: { type: 'proved' },
  healthy: { type: 'healthy' },
  lost: { type: 'lost', retryAt: 900 },
  refused: { type: 'refused', reason: 'access_denied' },
  disconnect: { type: 'disconnect' },
  close: { type: 'close' },
};

const same = 'same';
const open = (failures: number): ConnectionState => ({ name: 'connecting', failures });
const wait: ConnectionState = { name: 'waiting', failures: 3, retryAt: 900 };
const refused: ConnectionState = { name: 'stopped', reason: 'access_denied' };
const rest: ConnectionState = { name: 'disconnected' };
const closed: ConnectionState = { name: 'closed' };

/** Every state × every event: a forgotten cell does not compile. */
const table: Record<StateName, Record<EventType, ConnectionState | typeof same>> = {
  disconnected: {
    connect: open(0),
    proved: same,
    healthy: same,
    lost: same,
    refused: same,
    disconnect: rest,
    close: closed,
  },
  connecting: {
    connect: same,
    proved: { name: 'connected', failures: 2 },
    healthy: same,
    lost: wait,
    refused,
    disconnect: rest,
    close: closed,
  },
  connected: {
    connect: same,
    proved: same,
    healthy: { name: 'connected', failures: 0 },
    lost: wait,
    refused,
    disconnect: rest,
    close: closed,
  },
  waiting: {
    connect: open(2),
    proved: same,
    healthy: same,
    lost: same,
    refused: same,
    disconnect: rest,
    close: closed,
  },
  stopped: {
    connect: open(0),
    proved: same,
    healthy: same,
    lost: same,
    refused: same,
    disconnect: rest,
    close: closed,
  },
  closed: {
    connect: same,
    proved: same,
    healthy: same,
    lost: same,
    refused: same,
    disconnect: same,
    close: same,
  },
};

describe.each(Object.values(states))('a connection that is $name', (state) => {
  it.each(Object.values(events))('answers $type as its table says', (event) => {
    const expected = table[state.name][event.type];
    const next = transition(state, event);
    // The same object where nothing changes: the driver goes by that.
    if (expected === same) expect(next).toBe(state);
    else expect(next).toEqual(expected);
  });
});
