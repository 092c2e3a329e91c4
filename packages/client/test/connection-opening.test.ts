import { describe, expect, it, vi } from 'vitest';
import type { Client } from '../src/index.ts';
import { connect, freshConnections, PONG, states, transport } from './support/connections.ts';
import { settle } from './support/timers.ts';

freshConnections();

describe('connecting', () => {
  it('authenticates, subscribes to everything and pings in one flight', async () => {
    const client = connect({ onGap: 'ignore' }) as Client<never, true>;
    client.subscribe(1);
    client.subscribe(2, { after: 'latest' });
    await settle();
    const socket = transport.last();
    expect(socket).toMatchObject({
      url: 'ws://localhost/ws',
      subprotocol: 'vitalwire.v1',
      timeoutMs: 10_000,
      said: [],
    });
    socket.listener.opened();
    expect(socket.said).toEqual([
      { type: 'authenticate', token: 'token' },
      { type: 'ping' },
      { type: 'subscribe', diagnosis_id: 1 },
      { type: 'subscribe', diagnosis_id: 2, after: 'latest' },
    ]);
    expect(transport.sockets).toHaveLength(1);
  });

  it('is connected only when the server has answered', async () => {
    const client = connect();
    await settle();
    transport.last().listener.opened();
    expect(client.state.name).toBe('connecting');
    transport.last().push(PONG);
    expect(client.state.name).toBe('connected');
    expect(states).toEqual(['connecting', 'connected']);
  });

  it.each([
    ['an error', { type: 'error', code: 'unavailable', message: 'm' }],
    ['what it cannot read', { type: 'pong' }],
  ])('is not convinced by %s', async (_, message) => {
    const client = connect();
    await settle();
    transport.last().listener.opened();
    transport.last().push(message);
    expect(client.state.name).toBe('connecting');
  });

  it('drops a socket that opened and then says nothing', async () => {
    connect();
    await settle();
    transport.last().listener.opened();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(transport.sockets[0]?.closed).toBe(true);
    expect(states).toEqual(['connecting', 'waiting']);
  });

  it('asks for one token when connect is called again', async () => {
    const getToken = vi.fn(() => 'token');
    const client = connect({ getToken });
    client.connect();
    await settle();
    client.connect();
    await settle();
    expect([getToken.mock.calls.length, transport.sockets.length]).toEqual([1, 1]);
  });
});
