import { describe, expect, it } from 'vitest';
import { createClient } from '../src/index.ts';
import { tokenOf } from './support/tokens.ts';

/** A client whose requests for tokens can be watched; it never gets a socket. */
function clientWith(getToken: (signal: AbortSignal) => string | Promise<string>) {
  const signals: AbortSignal[] = [];
  const client = createClient({
    url: 'ws://127.0.0.1:1/ws',
    getToken: ({ signal }) => {
      signals.push(signal);
      return getToken(signal);
    },
    onError: () => {},
    timeoutMs: 30,
    backoff: { baseMs: 1, maxMs: 1 },
  });
  return { client, signals };
}

const never = () => new Promise<string>(() => {});
const aborted = (signal: AbortSignal | undefined) =>
  new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve());
  });

describe('the signal of a request for a token', () => {
  it('ends when the request takes too long, before the next one', async () => {
    const { client, signals } = clientWith(never);
    client.connect();
    await expect.poll(() => signals.length).toBeGreaterThan(1);
    expect(signals[0]?.aborted).toBe(true);
    client.close();
  });

  it('ends with the attempt that asked', async () => {
    const { client, signals } = clientWith(never);
    client.connect();
    await expect.poll(() => signals.length).toBe(1);
    expect(signals[0]?.aborted).toBe(false);
    client.disconnect();
    await aborted(signals[0]);
    expect(signals).toHaveLength(1);
    client.close();
  });

  it('is open while the request is waited for', async () => {
    const seen: boolean[] = [];
    const { client, signals } = clientWith(async (signal) => {
      seen.push(signal.aborted);
      return tokenOf({ sub: 'ann' });
    });
    client.connect();
    await expect.poll(() => signals.length).toBeGreaterThan(0);
    expect(seen[0]).toBe(false);
    client.close();
  });
});
