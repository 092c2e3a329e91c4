import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Gap } from '../src/index.ts';
import { connectMessage, feedback } from './support/messages.ts';
import { clientOverMemory, live, turn } from './support/subscribed.ts';
import { settle } from './support/timers.ts';
import { gate } from './support/wait.ts';

describe('a gap', () => {
  const gapMessage = connectMessage(1, {
    status: 'gap',
    reason: 'retention',
    last_seen: 'e1:1',
    first_available: 'e1:6',
    from: 'e1:5',
    to: 'e1:7',
    count: 2,
  });
  const gap: Gap = {
    status: 'gap',
    diagnosisId: 1,
    reason: 'retention',
    lastSeen: { epoch: 'e1', offset: 1 },
    firstAvailable: { epoch: 'e1', offset: 6 },
    from: { epoch: 'e1', offset: 5 },
    to: { epoch: 'e1', offset: 7 },
    count: 2,
  };

  it('is handled after what came before it and before what comes after it', async () => {
    const log: unknown[] = [];
    const handling = gate();
    const { subscription, push } = await live({
      async onGap(given) {
        log.push(given);
        await handling.promise;
        log.push('handled');
      },
    });
    subscription.on('publication', async ({ offset, recovered }) => void log.push([offset, recovered]));
    push(feedback(1, 1), gapMessage, feedback(1, 6), feedback(1, 7), feedback(1, 8));
    await turn();
    expect(log).toEqual([[1, false], gap]);
    expect(subscription.position).toEqual({ epoch: 'e1', offset: 1 });
    handling.open();
    await turn();
    expect(log.slice(2)).toEqual(['handled', [6, true], [7, true], [8, false]]);
    expect(subscription.state).toMatchObject({
      name: 'live',
      continuity: gap,
    });
  });

  it('moves the position to where delivery goes on', async () => {
    const { subscription, push } = await live();
    push(gapMessage);
    await turn();
    expect(subscription.position).toEqual({ epoch: 'e1', offset: 5 });
  });

  it('may lead to another epoch, whose offsets begin anew', async () => {
    const { subscription, push } = await live();
    const seen: string[] = [];
    subscription.on('publication', ({ epoch, offset }) => void seen.push(`${epoch}:${offset}`));
    push(feedback(1, 1), feedback(1, 2));
    push(
      connectMessage(1, {
        status: 'gap',
        reason: 'epoch_changed',
        last_seen: 'e1:2',
        first_available: 'e2:1',
        from: 'e2:0',
        to: 'e2:1',
        count: 1,
      }),
      feedback(1, 1, { epoch: 'e2' }),
    );
    await turn();
    expect(seen).toEqual(['e1:1', 'e1:2', 'e2:1']);
  });

  it('goes to the handler of the subscription rather than to that of the client', async () => {
    const calls: string[] = [];
    const { client, transport } = clientOverMemory({ onGap: () => void calls.push('client') });
    client.subscribe(1, { onGap: () => void calls.push('subscription') });
    client.subscribe(2);
    await turn();
    transport.last().listener.opened();
    transport.last().push(gapMessage, { ...gapMessage, diagnosis_id: 2 });
    await turn();
    expect(calls).toEqual(['subscription', 'client']);
  });

  it('whose handler throws is reported, and delivery goes on', async () => {
    const { subscription, push, errors } = await live({
      onGap: () => {
        throw new Error('in onGap');
      },
    });
    const seen: number[] = [];
    subscription.on('publication', ({ offset }) => void seen.push(offset));
    push(gapMessage, feedback(1, 6));
    await turn();
    expect(errors.map(String)).toEqual(['Error: in onGap']);
    expect(seen).toEqual([6]);
  });
});

describe('a publication of another epoch without a connect', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('is not handed out: the topic is left and subscribed to again', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const { client, transport, errors } = clientOverMemory();
    const subscription = client.subscribe(1);
    const seen: number[] = [];
    subscription.on('publication', ({ offset }) => void seen.push(offset));
    await settle();
    const socket = transport.last();
    socket.listener.opened();
    socket.push(connectMessage(1, { status: 'fresh' }), feedback(1, 1));
    await settle();
    socket.push(feedback(1, 9, { epoch: 'e2' }), feedback(1, 2));
    await settle();
    expect(seen).toEqual([1]);
    expect(errors).toMatchObject([{ code: 'unexpected_epoch' }]);
    expect(subscription.state).toMatchObject({ name: 'waiting', retryAt: Date.now() + 500 });
    await vi.advanceTimersByTimeAsync(500);
    const about = socket.said.filter(({ diagnosis_id }) => diagnosis_id === 1);
    expect(about.slice(1)).toEqual([
      { type: 'unsubscribe', diagnosis_id: 1 },
      { type: 'subscribe', diagnosis_id: 1, after: 'e1:1' },
    ]);
    client.close();
    vi.restoreAllMocks();
  });
});
