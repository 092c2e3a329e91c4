import { describe, expect, it } from 'vitest';
import { connectMessage, feedback } from './support/messages.ts';
import { clientOverMemory, live, turn } from './support/subscribed.ts';
import { gate } from './support/wait.ts';

describe('unsubscribe', () => {
  it('is final for this subscription, and says so', async () => {
    const { subscription, push, said } = await live({ lingerMs: 0 });
    const states: unknown[] = [];
    const seen: number[] = [];
    subscription.on('state', (state) => void states.push(state));
    subscription.on('publication', ({ offset }) => void seen.push(offset));
    subscription.unsubscribe();
    subscription.unsubscribe();
    push(feedback(1, 1));
    await turn();
    expect(states).toEqual([{ name: 'stopped', reason: 'unsubscribed' }]);
    expect(seen).toEqual([]);
    expect(said().slice(1)).toEqual([{ type: 'unsubscribe', diagnosis_id: 1 }]);
  });

  it('lets the next subscription begin only when nothing of this one can come any more', async () => {
    const { client, subscription, transport, push, said } = await live({ lingerMs: 0 });
    client.connect();
    transport.answersPings = false;
    subscription.unsubscribe();
    const next = client.subscribe(1, { after: 'latest' });
    const seen: number[] = [];
    next.on('publication', ({ offset }) => void seen.push(offset));
    push(feedback(1, 1), { type: 'error', code: 'not_subscribed', message: 'm', diagnosis_id: 1 });
    await turn();
    push({ type: 'pong', data: {}, timestamp: '2026-01-02T03:04:05.678Z' });
    await turn();
    expect(said().map(({ type }) => type)).toEqual(['subscribe', 'unsubscribe']);
    const ping = transport.last().said.findLast(({ type }) => type === 'ping');
    push({ type: 'pong', data: { id: ping?.id }, timestamp: '2026-01-02T03:04:05.678Z' });
    await turn();
    expect(said().map(({ type }) => type)).toEqual(['subscribe', 'unsubscribe', 'subscribe']);
    push(connectMessage(1, { from: 'e1:1' }), feedback(1, 2));
    await turn();
    expect(seen).toEqual([2]);
  });

  it('resumes from the position in the next subscription', async () => {
    const { client, subscription, push, said } = await live({ lingerMs: 0 });
    client.connect();
    subscription.on('publication', () => {});
    push(feedback(1, 1));
    await turn();
    subscription.unsubscribe();
    const next = client.subscribe(1);
    await turn();
    expect(said().at(-1)).toEqual({ type: 'subscribe', diagnosis_id: 1, after: 'e1:1' });
    expect(next.position).toEqual({ epoch: 'e1', offset: 1 });
  });

  it('and subscribe in one turn, as React does, is one subscription for the server', async () => {
    const { client, transport } = clientOverMemory();
    client.subscribe(1).unsubscribe();
    client.subscribe(1);
    await turn();
    transport.last().listener.opened();
    expect(transport.sockets).toHaveLength(1);
    expect(transport.last().said.map(({ type }) => type)).toEqual(['authenticate', 'ping', 'subscribe']);
    client.close();
  });

  it('leaves the position alone that its successor has moved further', async () => {
    const saved: string[] = [];
    const { client, subscription, push } = await live({
      lingerMs: 0,
      positions: { load: () => undefined, save: (_, position) => void saved.push(position) },
    });
    client.connect();
    const slow = gate();
    subscription.on('publication', () => slow.promise);
    push(feedback(1, 1));
    await turn();
    subscription.unsubscribe();
    const next = client.subscribe(1);
    next.on('publication', () => {});
    await turn();
    push(connectMessage(1, { from: 'e1:0', to: 'e1:2', count: 2 }), feedback(1, 1), feedback(1, 2));
    await turn();
    slow.open();
    await turn();
    expect(saved.at(-1)).toBe('e1:2');
  });
});

describe('the state', () => {
  it('follows the connection when it stops, and comes back with connect', async () => {
    const { client, subscription, transport } = await live();
    transport.last().listener.lost(1008, 'invalid_token');
    expect(subscription.state).toEqual({ name: 'stopped', reason: 'invalid_token' });
    client.connect();
    expect(subscription.state).toEqual({ name: 'connecting' });
  });

  it('shows a wait with its end', async () => {
    const { client, subscription, transport } = await live();
    transport.last().listener.lost(1006, '');
    expect(client.state.name).toBe('waiting');
    expect(subscription.state).toEqual({
      name: 'waiting',
      retryAt: 'retryAt' in client.state ? client.state.retryAt : 0,
    });
    client.close();
    expect(subscription.state).toEqual({ name: 'stopped', reason: 'closed' });
  });

  it('is connecting for a subscription that joins an open connection', async () => {
    const { client } = await live();
    const second = client.subscribe(2);
    expect(second.state).toEqual({ name: 'connecting' });
  });
});
