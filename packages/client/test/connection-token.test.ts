import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ClientError } from '../src/index.ts';
import { connect, errors, freshConnections, prove, transport } from './support/connections.ts';
import { settle } from './support/timers.ts';
import { tokenOf } from './support/tokens.ts';

freshConnections();

describe('getToken', () => {
  it('is called for every attempt', async () => {
    let tokens = 0;
    connect({ getToken: async () => `token ${++tokens}` });
    await prove();
    transport.last().listener.lost(1006, '');
    await vi.advanceTimersByTimeAsync(500);
    transport.last().listener.opened();
    expect(transport.last().said[0]).toEqual({ type: 'authenticate', token: 'token 2' });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no session');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no session'))],
  ])('is tried again with growing waits when it %s, and its error reported', async (_, fail) => {
    const getToken = vi.fn<() => Promise<string>>(fail);
    const client = connect({ getToken });
    await settle();
    expect(client.state).toMatchObject({ name: 'waiting', retryAt: Date.now() + 500 });
    expect(errors).toMatchObject([{ code: 'token', temporary: true, cause: new Error('no session') }]);
    await vi.advanceTimersByTimeAsync(500);
    expect(client.state).toMatchObject({ name: 'waiting', retryAt: Date.now() + 1_000 });
    getToken.mockResolvedValue('token');
    await vi.advanceTimersByTimeAsync(1_000);
    await prove();
    expect(client.state.name).toBe('connected');
  });

  it.each([undefined, '', null, 7])('fails when it gives %j', async (token) => {
    const client = connect({ getToken: () => token as string });
    await settle();
    expect(client.state.name).toBe('waiting');
    expect(errors).toMatchObject([{ code: 'token' }]);
  });

  it('fails when it takes too long, and what it says later is dropped', async () => {
    const answers: ((token: string) => void)[] = [];
    const client = connect({
      getToken: () => new Promise((resolve) => answers.push(resolve)),
      timeoutMs: 3_000,
    });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(client.state.name).toBe('waiting');
    expect(errors).toMatchObject([{ code: 'token' }]);
    answers[0]?.('late');
    await settle();
    expect(transport.sockets).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    answers[1]?.('fresh');
    await settle();
    transport.last().listener.opened();
    expect(transport.last().said[0]).toEqual({ type: 'authenticate', token: 'fresh' });
  });

  it('ends the attempts for good when its error is not temporary', async () => {
    const client = connect({
      getToken() {
        throw new ClientError('signed_out', 'the session is over');
      },
    });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(client.state).toEqual({ name: 'stopped', reason: 'signed_out' });
    expect(errors).toMatchObject([{ code: 'token', temporary: false, cause: { code: 'signed_out' } }]);
    expect(transport.sockets).toEqual([]);
  });

  it('is not believed when it gives a token again that the server called expired', async () => {
    const getToken = vi.fn(() => 'stale');
    const client = connect({ getToken });
    await prove();
    transport.last().listener.lost(4401, 'token_expired');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(transport.sockets).toHaveLength(1);
    expect(getToken.mock.calls.length).toBeGreaterThan(3);
    expect(errors[0]).toMatchObject({ code: 'token', temporary: true });
    getToken.mockReturnValue('fresh');
    await vi.advanceTimersByTimeAsync(20_000);
    await prove();
    expect(client.state.name).toBe('connected');
    expect(transport.last().said[0]).toEqual({ type: 'authenticate', token: 'fresh' });
  });

  it.each(['disconnect', 'close'] as const)('is forgotten after %s', async (end) => {
    const answers: { resolve(token: string): void; reject(error: Error): void }[] = [];
    const client = connect({
      getToken: () => new Promise((resolve, reject) => answers.push({ resolve, reject })),
    });
    await settle();
    client[end]();
    answers[0]?.reject(new Error('late'));
    await settle();
    expect([transport.sockets, errors]).toEqual([[], []]);
  });

  it('is awaited for the newer attempt only', async () => {
    const answers: ((token: string) => void)[] = [];
    const client = connect({ getToken: () => new Promise((resolve) => answers.push(resolve)) });
    await settle();
    client.disconnect();
    client.connect();
    await settle();
    answers[0]?.('old');
    await settle();
    expect(transport.sockets).toEqual([]);
    answers[1]?.('new');
    await settle();
    transport.last().listener.opened();
    expect(transport.last().said[0]).toEqual({ type: 'authenticate', token: 'new' });
  });
});

describe('a token with an expiry', () => {
  const expiring = (seconds: number, fields: object = {}) =>
    tokenOf({ sub: 'ann', exp: Date.now() / 1_000 + seconds, ...fields });

  beforeEach(() => {
    vi.mocked(Math.random).mockReturnValue(0.5);
    transport.answersPings = true;
  });

  it('is replaced on the open connection at 80 % of its lifetime', async () => {
    const getToken = vi.fn(() => expiring(60));
    connect({ getToken });
    await prove();
    await vi.advanceTimersByTimeAsync(47_900);
    expect(getToken).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(getToken).toHaveBeenCalledTimes(2);
    expect(transport.sockets).toHaveLength(1);
    expect(transport.last().said.filter(({ type }) => type === 'authenticate')).toHaveLength(2);
  });

  it('is asked for again with backoff when that fails, without harm to the connection', async () => {
    const getToken = vi.fn<() => string>(() => expiring(20));
    const client = connect({ getToken });
    await prove();
    getToken.mockImplementation(() => {
      throw new Error('down');
    });
    await vi.advanceTimersByTimeAsync(16_000);
    expect(errors).toMatchObject([{ code: 'token' }]);
    await vi.advanceTimersByTimeAsync(250);
    expect(errors).toHaveLength(2);
    getToken.mockImplementation(() => expiring(20));
    await vi.advanceTimersByTimeAsync(500);
    expect(transport.last().said.filter(({ type }) => type === 'authenticate')).toHaveLength(2);
    expect(client.state.name).toBe('connected');
  });

  it('that comes after its time was up is dropped', async () => {
    const answers: ((token: string) => void)[] = [];
    let first = true;
    connect({
      getToken() {
        if (first) {
          first = false;
          return expiring(20);
        }
        return new Promise((resolve) => answers.push(resolve));
      },
    });
    await prove();
    await vi.advanceTimersByTimeAsync(26_000);
    expect(errors).toMatchObject([{ code: 'token' }]);
    answers[0]?.(expiring(20));
    await settle();
    expect(transport.last().said.filter(({ type }) => type === 'authenticate')).toHaveLength(1);
  });

  it('is not replaced on a connection that ended meanwhile', async () => {
    const getToken = vi.fn(() => expiring(20));
    const client = connect({ getToken });
    await prove();
    client.disconnect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(getToken).toHaveBeenCalledTimes(1);
  });

  it('may live longer than a timer can count', async () => {
    const getToken = vi.fn(() => expiring(400 * 86_400));
    connect({ getToken, heartbeat: { intervalMs: 2e9 } });
    await prove();
    await vi.advanceTimersByTimeAsync(300 * 86_400_000);
    expect(getToken).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(30 * 86_400_000);
    expect(getToken).toHaveBeenCalledTimes(2);
  });

  it('is left to the server when it is over by this clock', async () => {
    const getToken = vi.fn(() => expiring(-3_600));
    const client = connect({ getToken });
    await prove();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(getToken).toHaveBeenCalledTimes(1);
    expect(client.state.name).toBe('connected');
  });

  it('is asked for once a second at most, though the same one comes again and again', async () => {
    const token = expiring(5);
    const getToken = vi.fn(() => token);
    connect({ getToken });
    await prove();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(getToken.mock.calls.length).toBeLessThanOrEqual(3);
  });

  it('is never used again when it is over by this clock', async () => {
    const token = expiring(60);
    connect({ getToken: () => token });
    await prove();
    await vi.advanceTimersByTimeAsync(10_000);
    transport.last().listener.lost(1006, '');
    vi.setSystemTime(Date.now() + 50_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(transport.sockets).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: 'token', message: 'getToken gave a token that is over' });
  });

  it('of another user makes a new connection', async () => {
    const getToken = vi.fn(() => expiring(10));
    connect({ getToken });
    await prove();
    getToken.mockImplementation(() => expiring(10, { sub: 'bob' }));
    await vi.advanceTimersByTimeAsync(8_000);
    expect(transport.sockets[0]?.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(500);
    expect(transport.sockets).toHaveLength(2);
  });
});
