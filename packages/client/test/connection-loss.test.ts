import { describe, expect, it, vi } from 'vitest';
import { connect, errors, freshConnections, PONG, prove, transport } from './support/connections.ts';
import { settle } from './support/timers.ts';

freshConnections();

describe('after a loss', () => {
  it.each([1000, 1001, 1005, 1006, 1011, 1012, 1013, 4400, 4401, 4408, 4499, 3000])(
    'reconnects after %i',
    async (code) => {
      let tokens = 0;
      const client = connect({ getToken: () => `token ${++tokens}` });
      await prove();
      transport.last().listener.lost(code, '');
      expect(client.state).toMatchObject({ name: 'waiting', retryAt: Date.now() + 500 });
      await vi.advanceTimersByTimeAsync(500);
      expect(transport.sockets).toHaveLength(2);
    },
  );

  it.each([1002, 1003, 1007, 1008, 1009, 4500, 4999])('stops after %i, with the reason', async (code) => {
    const client = connect();
    await prove();
    transport.last().listener.lost(code, 'some_reason');
    expect(client.state).toEqual({ name: 'stopped', reason: 'some_reason' });
    expect(errors).toMatchObject([{ code: 'some_reason' }]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(transport.sockets).toHaveLength(1);
    client.connect();
    await settle();
    expect(transport.sockets).toHaveLength(2);
  });

  it('names the code where a stop has no reason', async () => {
    const client = connect();
    await prove();
    transport.last().listener.lost(1009, '');
    expect(client.state).toEqual({ name: 'stopped', reason: '1009' });
  });

  it('waits longer each time, up to 20 s', async () => {
    connect();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      await settle();
      transport.last().listener.lost(1006, '');
      const began = Date.now();
      const sockets = transport.sockets.length;
      while (transport.sockets.length === sockets) await vi.advanceTimersToNextTimerAsync();
      waits.push(Date.now() - began);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
  });

  it('spreads also the first retry over its whole wait', async () => {
    vi.mocked(Math.random).mockReturnValue(0.25);
    const client = connect();
    await settle();
    transport.last().listener.lost(1006, '');
    expect(client.state).toMatchObject({ retryAt: Date.now() + 125 });
  });

  it('forgets failures only when a connection has held for some seconds', async () => {
    const client = connect();
    await prove();
    transport.last().listener.lost(1006, '');
    await vi.advanceTimersByTimeAsync(500);
    await prove();
    await vi.advanceTimersByTimeAsync(4_999);
    transport.last().listener.lost(1006, '');
    expect(client.state).toMatchObject({ retryAt: Date.now() + 1_000 });
    await vi.advanceTimersByTimeAsync(1_000);
    await prove();
    await vi.advanceTimersByTimeAsync(5_000);
    transport.last().listener.lost(1006, '');
    expect(client.state).toMatchObject({ retryAt: Date.now() + 500 });
  });

  it('hears nothing of dead sockets', async () => {
    const client = connect();
    await prove();
    const dead = transport.last();
    dead.listener.lost(1006, '');
    await vi.advanceTimersByTimeAsync(500);
    await prove();
    dead.listener.opened();
    dead.push(PONG, { type: 'disconnect', code: 1008, reason: 'access_denied', reconnect: false });
    dead.listener.lost(1008, 'invalid_token');
    await settle();
    expect(client.state.name).toBe('connected');
    expect(transport.sockets).toHaveLength(2);
  });
});

describe('a disconnect signal', () => {
  const goodbye = (fields: object) => ({
    type: 'disconnect',
    code: 1012,
    reason: 'restarting',
    reconnect: true,
    ...fields,
  });

  it('is obeyed before the close frame, whose code may be made up', async () => {
    const client = connect();
    await prove();
    transport.last().push(goodbye({ code: 1008, reason: 'access_denied', reconnect: false }));
    expect(client.state).toEqual({ name: 'stopped', reason: 'access_denied' });
    expect(transport.last().closed).toBe(true);
    transport.last().listener.lost(1000, '');
    expect(client.state.name).toBe('stopped');
  });

  it('spreads the reconnect over the time that the server advises', async () => {
    vi.mocked(Math.random).mockReturnValue(0.5);
    const client = connect();
    await prove();
    transport.last().push(goodbye({ retry_after_ms: 30_000 }));
    expect(client.state).toMatchObject({ name: 'waiting', retryAt: Date.now() + 15_000 });
  });

  it('reconnects by the usual schedule without advice', async () => {
    const client = connect();
    await prove();
    transport.last().push(goodbye({}));
    expect(client.state).toMatchObject({ name: 'waiting', retryAt: Date.now() + 500 });
  });

  it('fetches a new token when the old one expired', async () => {
    const getToken = vi.fn(() => 'token');
    connect({ getToken });
    await prove();
    transport.last().push(goodbye({ code: 4401, reason: 'token_expired' }));
    await vi.advanceTimersByTimeAsync(500);
    expect(getToken).toHaveBeenCalledTimes(2);
  });
});
