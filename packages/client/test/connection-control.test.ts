import { describe, expect, it, vi } from 'vitest';
import { createClient } from '../src/index.ts';
import { clients, connect, errors, freshConnections, prove, transport } from './support/connections.ts';
import { connectMessage } from './support/messages.ts';
import { settle } from './support/timers.ts';

freshConnections();

describe('what the user asks for', () => {
  it('disconnect: stays away until connect', async () => {
    const client = connect();
    await prove();
    client.disconnect();
    expect(transport.last().closed).toBe(true);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(client.state).toEqual({ name: 'disconnected' });
    client.connect();
    await prove();
    expect(client.state.name).toBe('connected');
  });

  it('reconnect: cuts the socket and connects by the usual schedule', async () => {
    const client = connect();
    await prove();
    client.reconnect();
    expect(transport.last().closed).toBe(true);
    expect(client.state).toMatchObject({ name: 'waiting', retryAt: Date.now() + 500 });
    await vi.advanceTimersByTimeAsync(500);
    expect(transport.sockets).toHaveLength(2);
  });

  it.each(['disconnected', 'waiting', 'stopped', 'closed'])(
    'reconnect: does nothing when %s',
    async (name) => {
      const client = connect();
      await settle();
      if (name === 'disconnected') client.disconnect();
      if (name === 'waiting') transport.last().listener.lost(1006, '');
      if (name === 'stopped') transport.last().listener.lost(1008, 'access_denied');
      if (name === 'closed') client.close();
      const before = client.state;
      expect(before.name).toBe(name);
      client.reconnect();
      expect(client.state).toEqual(before);
    },
  );

  it('connect: cuts a wait short', async () => {
    const client = connect();
    await settle();
    transport.last().listener.lost(1006, '');
    client.connect();
    await settle();
    expect(transport.sockets).toHaveLength(2);
  });

  it('close: is final', async () => {
    const client = connect();
    await prove();
    client.close();
    client.connect();
    client.reconnect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.state).toEqual({ name: 'closed' });
    expect(transport.sockets).toHaveLength(1);
    expect(() => client.subscribe(1, { onGap: 'ignore' })).toThrow(
      expect.objectContaining({ code: 'closed' }),
    );
  });

  it('close: works at every moment, also from a handler of the state', async () => {
    const client = connect();
    client.on('state', ({ name }) => name === 'connected' && client.close());
    await prove();
    expect(client.state).toEqual({ name: 'closed' });
  });

  it('reports a handler of the state that throws, and goes on', async () => {
    const client = connect();
    client.on('state', () => {
      throw new Error('in handler');
    });
    await prove();
    expect(client.state.name).toBe('connected');
    expect(errors.map(String)).toEqual(['Error: in handler', 'Error: in handler'].slice(0, errors.length));
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe('the need for a connection', () => {
  function lazy() {
    const client = createClient({
      url: 'ws://localhost/ws',
      getToken: () => 'token',
      transport: transport.open,
      onGap: 'ignore',
    });
    clients.push(client);
    return client;
  }

  it('begins with the first subscription and ends after the last', async () => {
    const client = lazy();
    await settle();
    expect(transport.sockets).toEqual([]);
    const one = client.subscribe(1);
    const two = client.subscribe(2);
    await prove();
    expect(transport.sockets).toHaveLength(1);
    one.unsubscribe();
    await settle();
    expect(client.state.name).toBe('connected');
    two.unsubscribe();
    await vi.advanceTimersByTimeAsync(999);
    expect(client.state.name).toBe('connected');
    await vi.advanceTimersByTimeAsync(1);
    expect(client.state.name).toBe('disconnected');
    expect(transport.last().closed).toBe(true);
  });

  it('stays when one diagnosis is left and another entered in the same turn', async () => {
    const client = lazy();
    const one = client.subscribe(1);
    await prove();
    one.unsubscribe();
    client.subscribe(2);
    await settle();
    expect(transport.sockets).toHaveLength(1);
    expect(client.state.name).toBe('connected');
  });

  it('stays after the last subscription when connect was called', async () => {
    const client = lazy();
    client.connect();
    client.subscribe(1).unsubscribe();
    await prove();
    expect(client.state.name).toBe('connected');
  });

  it('does not overrule disconnect', async () => {
    const client = lazy();
    client.disconnect();
    const subscription = client.subscribe(1);
    await settle();
    expect(transport.sockets).toEqual([]);
    expect(subscription.state).toEqual({ name: 'disconnected' });
    client.connect();
    await settle();
    transport.last().listener.opened();
    transport.last().push(connectMessage(1));
    await settle();
    expect(subscription.state.name).toBe('live');
  });
});
