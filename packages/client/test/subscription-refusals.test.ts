import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectMessage, feedback } from './support/messages.ts';
import { clientOverMemory } from './support/subscribed.ts';
import { settle } from './support/timers.ts';

describe('a refusal', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(1);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  async function two() {
    const made = clientOverMemory();
    const refused = made.client.subscribe(1);
    const other = made.client.subscribe(2);
    await settle();
    made.transport.last().listener.opened();
    made.transport.last().push(connectMessage(2, { status: 'fresh' }));
    await settle();
    const refuse = (code: string) =>
      made.transport.last().push({ type: 'error', code, message: 'no', diagnosis_id: 1 });
    return { ...made, refused, other, refuse };
  }

  it.each(['access_denied', 'diagnosis_not_found', 'too_many_subscriptions', 'code_of_tomorrow'])(
    'with %s stops that subscription and no other',
    async (code) => {
      const { client, refused, other, refuse, errors } = await two();
      refuse(code);
      await settle();
      expect(refused.state).toEqual({ name: 'stopped', reason: code });
      expect(errors).toMatchObject([{ code }]);
      expect(other.state.name).toBe('live');
      expect(client.state.name).toBe('connected');
      expect(() => client.subscribe(1)).not.toThrow();
      client.close();
    },
  );

  it.each(['unavailable', 'internal_error', 'already_subscribed'])(
    'with %s is tried again, with growing waits',
    async (code) => {
      const { client, refused, other, refuse, transport, errors } = await two();
      const asks = () =>
        transport.last().said.filter(({ type, diagnosis_id }) => type === 'subscribe' && diagnosis_id === 1);
      refuse(code);
      expect(refused.state).toMatchObject({ name: 'waiting', retryAt: Date.now() + 500 });
      await vi.advanceTimersByTimeAsync(500);
      expect(asks()).toHaveLength(2);
      refuse(code);
      expect(refused.state).toMatchObject({ name: 'waiting', retryAt: Date.now() + 1_000 });
      await vi.advanceTimersByTimeAsync(1_000);
      expect(asks()).toHaveLength(3);
      transport.last().push(connectMessage(1, { status: 'fresh' }));
      await settle();
      expect([refused.state.name, other.state.name, errors]).toEqual(['live', 'live', []]);
      client.close();
    },
  );

  it('counts anew after a publication', async () => {
    const { client, refused, refuse, transport } = await two();
    refuse('unavailable');
    await vi.advanceTimersByTimeAsync(500);
    transport.last().push(connectMessage(1, { status: 'fresh' }), feedback(1, 1));
    refuse('unavailable');
    expect(refused.state).toMatchObject({ name: 'waiting', retryAt: Date.now() + 500 });
    client.close();
  });

  it('is not waited for on a new connection', async () => {
    const { client, refuse, transport } = await two();
    refuse('unavailable');
    transport.last().listener.lost(1006, '');
    client.connect();
    await settle();
    transport.last().listener.opened();
    expect(transport.last().said).toContainEqual({ type: 'subscribe', diagnosis_id: 1 });
    client.close();
  });

  it('that never comes, nor an answer, is tried again', async () => {
    const { client, refused, other, transport } = await two();
    const asks = () =>
      transport.last().said.filter(({ type, diagnosis_id }) => type === 'subscribe' && diagnosis_id === 1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([refused.state.name, other.state.name]).toEqual(['waiting', 'live']);
    await vi.advanceTimersByTimeAsync(500);
    expect(asks()).toHaveLength(2);
    client.close();
  });

  it('is not waited for once the connection ended', async () => {
    const { client, refused } = await two();
    client.disconnect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(refused.state).toEqual({ name: 'disconnected' });
    client.close();
  });

  it('of no particular topic is reported', async () => {
    const { client, transport, errors } = await two();
    transport.last().push({ type: 'error', code: 'invalid_command', message: 'm' });
    expect(errors).toMatchObject([{ code: 'invalid_command' }]);
    client.close();
  });

  it('leaves no timer of the subscription behind when the client is closed', async () => {
    const { client, refuse } = await two();
    refuse('unavailable');
    client.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
