import { describe, expect, it, vi } from 'vitest';
import { connect, freshConnections, listeners, prove, transport, wake } from './support/connections.ts';

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

  it.each(['disconnect', 'close'] as const)('is nobody’s business after %s', async (end) => {
    const client = connect();
    await prove();
    const awake = wake;
    expect(listeners).toBe(2);
    client[end]();
    expect(listeners).toBe(0);
    awake();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(transport.sockets).toHaveLength(1);
  });
});
