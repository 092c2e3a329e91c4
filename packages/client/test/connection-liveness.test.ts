import { describe, expect, it, vi } from 'vitest';
import { connect, freshConnections, listeners, PONG, prove, transport, wake } from './support/connections.ts';
import { settle } from './support/timers.ts';

freshConnections();

describe('liveness', () => {
  const pings = () => transport.last().said.filter(({ type }) => type === 'ping').length;

  it('replaces a socket that does not answer a ping', async () => {
    const client = connect();
    await prove();
    await vi.advanceTimersByTimeAsync(25_000);
    expect(pings()).toBe(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.state.name).toBe('waiting');
    expect(transport.last().closed).toBe(true);
    await vi.advanceTimersByTimeAsync(500);
    expect(transport.sockets).toHaveLength(2);
  });

  it('is proved in 2 s when the device wakes up', async () => {
    const client = connect();
    await prove();
    wake();
    expect(pings()).toBe(2);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(client.state.name).toBe('connected');
    await vi.advanceTimersByTimeAsync(1);
    expect(client.state.name).toBe('waiting');
  });

  it('keeps a connection that answers after the device woke up', async () => {
    const client = connect();
    await prove();
    wake();
    await vi.advanceTimersByTimeAsync(1_000);
    transport.last().push(PONG);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.state.name).toBe('connected');
  });

  it('tries at once when the device wakes up during a wait', async () => {
    connect();
    await settle();
    transport.last().listener.lost(1006, '');
    wake();
    await settle();
    expect(transport.sockets).toHaveLength(2);
  });

  it.each(['disconnect', 'close'] as const)('is nobody’s business after %s', async (end) => {
    const client = connect();
    await prove();
    const awake = wake;
    expect(listeners).toBe(1);
    client[end]();
    expect(listeners).toBe(0);
    awake();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(transport.sockets).toHaveLength(1);
  });
});
