import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  connect,
  errors,
  freshConnections,
  PONG,
  prove,
  sleep,
  transport,
  wake,
} from './support/connections.ts';
import { pong } from './support/fake-server.ts';
import { feedback } from './support/messages.ts';
import { settle } from './support/timers.ts';
import { tokenOf } from './support/tokens.ts';

freshConnections();

/** Lets time pass in which nothing runs. */
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
const pings = () => transport.last().said.filter(({ type }) => type === 'ping');
const authenticated = () => transport.last().said.filter(({ type }) => type === 'authenticate');

describe('a connection, when the device wakes up', () => {
  it('is kept when it answers', async () => {
    const client = connect();
    await prove();
    wake();
    await vi.advanceTimersByTimeAsync(900);
    transport.last().push(pong(pings()[1] ?? { type: 'ping' }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.state.name).toBe('connected');
    expect(transport.sockets).toHaveLength(1);
  });

  it('is replaced within 2 s when it does not', async () => {
    const client = connect();
    await prove();
    wake();
    await vi.advanceTimersByTimeAsync(999);
    expect(client.state.name).toBe('connected');
    await vi.advanceTimersByTimeAsync(1);
    expect(client.state).toMatchObject({ name: 'waiting', retryAt: Date.now() + 250 });
    expect(transport.last().closed).toBe(true);
    await vi.advanceTimersByTimeAsync(250);
    expect(transport.sockets).toHaveLength(2);
  });

  it('is replaced as soon after many failures', async () => {
    connect();
    await prove();
    for (let failures = 0; failures < 5; failures++) {
      transport.last().listener.lost(1006, '');
      wake();
      await prove();
    }
    const before = transport.sockets.length;
    wake();
    await vi.advanceTimersByTimeAsync(1_250);
    expect(transport.sockets).toHaveLength(before + 1);
  });

  it('is not proved by what was on its way since before the sleep', async () => {
    const client = connect();
    await prove();
    wake();
    transport.last().push(PONG, feedback(1, 1));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(client.state.name).toBe('waiting');
  });

  it('is asked once by signs that come together', async () => {
    connect();
    await prove();
    for (let signs = 0; signs < 4; signs++) wake();
    expect(pings()).toHaveLength(2);
  });

  it('is made at once instead of the wait for it', async () => {
    connect();
    await settle();
    transport.last().listener.lost(1006, '');
    wake();
    await settle();
    expect(transport.sockets).toHaveLength(2);
  });
});

describe('an attempt to connect, when the device wakes up', () => {
  const attempts = () => transport.sockets.length;

  it.each([
    ['whose handshake hangs', async () => {}],
    ['that is not answered', async () => transport.last().listener.opened()],
  ])('is made anew when it is one %s', async (_, hang) => {
    connect();
    await settle();
    await hang();
    pass(5_000);
    wake();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(transport.sockets[0]?.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(250);
    expect(attempts()).toBe(2);
  });

  it('does not wait for a token that was asked for over a dead network', async () => {
    const getToken = vi.fn<() => Promise<string>>(() => new Promise(() => {}));
    connect({ getToken });
    await settle();
    getToken.mockResolvedValue('fresh');
    pass(5_000);
    wake();
    await vi.advanceTimersByTimeAsync(1_250);
    expect(attempts()).toBe(1);
  });

  it('goes on when it was begun just now', async () => {
    connect();
    await settle();
    wake();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(transport.last().closed).toBe(false);
  });

  it('goes on when it succeeds in time', async () => {
    const client = connect();
    await settle();
    pass(5_000);
    wake();
    await vi.advanceTimersByTimeAsync(900);
    await prove();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(client.state.name).toBe('connected');
    expect(attempts()).toBe(1);
  });
});

describe('a token, when the device wakes up', () => {
  const expiring = (seconds: number) => tokenOf({ sub: 'ann', exp: Date.now() / 1_000 + seconds });

  beforeEach(() => {
    vi.mocked(Math.random).mockReturnValue(0.5);
    transport.answersPings = true;
  });

  it('is replaced on the open connection when it was due meanwhile', async () => {
    const getToken = vi.fn(() => expiring(60));
    connect({ getToken });
    await prove();
    pass(50_000);
    wake();
    await settle();
    expect(getToken).toHaveBeenCalledTimes(2);
    expect(authenticated()).toHaveLength(2);
    expect(transport.sockets).toHaveLength(1);
    // And once only: the timer that slept is gone.
    await vi.advanceTimersByTimeAsync(47_000);
    expect(getToken).toHaveBeenCalledTimes(2);
  });

  it('is left alone when it is good for longer', async () => {
    const getToken = vi.fn(() => expiring(60));
    connect({ getToken });
    await prove();
    pass(20_000);
    wake();
    await settle();
    expect(getToken).toHaveBeenCalledTimes(1);
  });

  it('is not used when it ended between the answer and the handshake', async () => {
    const getToken = vi.fn(() => expiring(60));
    connect({ getToken });
    await settle();
    pass(61_000);
    transport.last().listener.opened();
    expect(authenticated()).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    transport.last().listener.opened();
    expect(transport.sockets).toHaveLength(2);
    expect(authenticated()).toHaveLength(1);
  });
});

describe('a page that is put to sleep', () => {
  it('lets its connection go, and connects at once when it wakes', async () => {
    const client = connect();
    await prove();
    sleep();
    expect(transport.last().closed).toBe(true);
    expect(client.state.name).toBe('waiting');
    pass(3_600_000);
    wake();
    await prove();
    expect(client.state.name).toBe('connected');
    expect(transport.sockets).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  it('connects again some seconds later when it runs on all the same', async () => {
    connect();
    await prove();
    sleep();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(transport.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(transport.sockets).toHaveLength(2);
  });

  it('keeps away when it had no connection', async () => {
    const client = connect();
    await prove();
    const asleep = sleep;
    client.disconnect();
    asleep();
    expect(client.state).toEqual({ name: 'disconnected' });
  });
});
