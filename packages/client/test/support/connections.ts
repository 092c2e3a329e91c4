import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type Client, type ClientOptions, createClient } from '../../src/index.ts';
import { fakeTransport } from './fake-transport.ts';
import { settle } from './timers.ts';

export const PONG = { type: 'pong', data: {}, timestamp: '2026-01-02T03:04:05.678Z' };

// What follows is made anew for each test.
export let transport: ReturnType<typeof fakeTransport>;
export let errors: { code?: string }[];
export let states: string[];
export let wake: () => void;
export let sleep: () => void;
export let listeners: number;
export let clients: Client[];

/** Creates a client that connects at once, with a random number of 1: waits are as long as they can be. */
export function connect(options: Partial<ClientOptions> = {}) {
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
      onSleep(listener) {
        sleep = listener;
        listeners++;
        return () => {
          listeners--;
          sleep = () => {};
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

/** Brings the latest socket to a proved connection. */
export async function prove() {
  await settle();
  transport.last().listener.opened();
  transport.last().push(PONG);
  await settle();
}

/** Gives each test of a file fake timers and a transport of its own, and closes its clients after it. */
export function freshConnections() {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(1);
    transport = fakeTransport();
    errors = [];
    states = [];
    clients = [];
    wake = () => {};
    sleep = () => {};
    listeners = 0;
  });

  afterEach(() => {
    for (const client of clients) client.close();
    // Whatever a test did: a closed client holds no process.
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}
