import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Client, type ClientOptions, createClient } from '../src/index.ts';
import { fakeTransport } from './support/fake-transport.ts';
import { connectMessage } from './support/messages.ts';
import { tokenOf } from './support/tokens.ts';

const PONG = { type: 'pong', data: {}, timestamp: '2026-01-02T03:04:05.678Z' };

let transport: ReturnType<typeof fakeTransport>;
let errors: { code?: string }[];
let states: string[];
let wake: () => void;
let listeners: number;
let clients: Client[];

/** Creates a client that connects at once, with a random number of 1: waits are as long as they can be. */
function connect(options: Partial<ClientOptions> = {}) {
  const client = createClient({
    url: 'ws://localhost/ws',
    getToken: () => 'token',
    transport: transport.open,
    onError: (error) => errors.push(error as { code?: string }),
    environment: {
      onWake(listener) {
        wake = listener;
        listeners++;
        return () => {
          listeners--;
          wake = () => {};
        };
      },
    },
    ...options,
  });
  client.on('state', ({ name }) => states.push(name));
  clients.push(client);
  client.connect();
  return client;
}

/** Lets everything happen that is due now. */
const settle = () => vi.advanceTimersByTimeAsync(0);

/** Brings the latest socket to a proved connection. */
async function prove() {
  await settle();
  transport.last().listener.opened();
  transport.last().push(PONG);
  await settle();
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(1);
  transport = fakeTransport();
  errors = [];
  states = [];
  clients = [];
  wake = () => {};
  listeners = 0;
});

afterEach(() => {
  for (const client of clients) client.close();
  // Whatever a test did: a closed client holds no process.
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

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

describe('after a loss', () => {
  it.each([1000, 1001, 1005, 1006, 1011, 1012, 1013, 4400, 4401, 4408, 4499, 3000])(
    'reconnects after %i',
    async (code) => {
      const client = connect();
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
    await settle();
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
