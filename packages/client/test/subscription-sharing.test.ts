import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AnyPublication, PositionStore, Subscription } from '../src/index.ts';
import { connectMessage, feedback } from './support/messages.ts';
import { asked, live, turn } from './support/subscribed.ts';
import { settle } from './support/timers.ts';
import { gate } from './support/wait.ts';

/** Records the offsets that a subscription is given. */
function taking(subscription: Subscription, handler: (publication: AnyPublication) => unknown = () => {}) {
  const seen: number[] = [];
  subscription.on('publication', (publication) => {
    seen.push(publication.offset);
    return handler(publication);
  });
  return seen;
}

function store(): PositionStore & { last: () => string | undefined } {
  let saved: string | undefined;
  return {
    load: () => saved,
    save: (_, position) => {
      saved = position;
    },
    last: () => saved,
  };
}

describe('two subscriptions of one diagnosis', () => {
  it('are one for the server, and each is given everything', async () => {
    const { client, subscription, push, said } = await asked();
    const other = client.subscribe(1);
    const seen = [taking(subscription), taking(other)];
    push(connectMessage(1, { from: 'e1:0', to: 'e1:2', count: 2 }), feedback(1, 1), feedback(1, 2));
    push(feedback(1, 3));
    await turn();
    expect(seen).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(said()).toEqual([{ type: 'subscribe', diagnosis_id: 1 }]);
    expect(other.state).toEqual(subscription.state);
  });

  it('the second begins where the first has come to, and says so', async () => {
    const { client, subscription, push, said } = await live();
    const first = taking(subscription);
    push(feedback(1, 1), feedback(1, 2));
    const other = client.subscribe(1);
    const second = taking(other);
    push(feedback(1, 3));
    await turn();
    expect([first, second]).toEqual([[1, 2, 3], [3]]);
    expect(other.state).toMatchObject({
      name: 'live',
      continuity: {
        ...{ status: 'live', fresh: true, from: { epoch: 'e1', offset: 2 }, to: { epoch: 'e1', offset: 2 } },
        count: 0,
      },
    });
    expect(said()).toHaveLength(1);
  });

  it('the second is catching up with the first when it joins in the middle of that', async () => {
    const { client, subscription, push } = await asked();
    taking(subscription);
    push(connectMessage(1, { from: 'e1:0', to: 'e1:3', count: 3 }), feedback(1, 1));
    const other = client.subscribe(1);
    const names: string[] = [];
    other.on('state', ({ name }) => names.push(name));
    const second = taking(other);
    push(feedback(1, 2));
    await turn();
    expect(other.state).toMatchObject({ name: 'catching_up', continuity: { from: { offset: 1 }, count: 2 } });
    push(feedback(1, 3), feedback(1, 4));
    await turn();
    expect([second, names]).toEqual([[2, 3, 4], ['live']]);
  });

  it('are both resumed after a cut, each from where it was', async () => {
    const { client, subscription, push, cut, said } = await live();
    const first = taking(subscription);
    push(feedback(1, 1));
    const second = taking(client.subscribe(1));
    await cut();
    expect(said()).toEqual([{ type: 'subscribe', diagnosis_id: 1, after: 'e1:1' }]);
    push(connectMessage(1, { from: 'e1:1', to: 'e1:2', count: 1 }), feedback(1, 2));
    await turn();
    expect([first, second]).toEqual([[1, 2], [2]]);
  });

  it('are told of a gap separately, each of its own', async () => {
    const { client, push } = await live({ onGap: ({ lastSeen }) => void told.push(lastSeen.offset) });
    const told: unknown[] = [];
    push(feedback(1, 1));
    client.subscribe(1, { onGap: ({ reason }) => void told.push(reason) });
    push(
      connectMessage(1, {
        status: 'gap',
        reason: 'retention',
        last_seen: 'e1:1',
        first_available: 'e1:5',
        from: 'e1:4',
        to: 'e1:4',
        count: 0,
      }),
    );
    await turn();
    // The publication of the first waits for a handler.
    expect(told).toEqual(['retention']);
  });

  it('a slow handler holds up no other', async () => {
    const { client, subscription, push } = await live();
    const slow = taking(subscription, () => new Promise(() => {}));
    const quick = taking(client.subscribe(1));
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    await turn();
    expect([slow, quick]).toEqual([[1], [1, 2, 3]]);
  });

  it('a slow one is caught up from the log, and the other is given nothing twice', async () => {
    const { client, subscription, push, said } = await live({ maxWaitingPublications: 2 });
    const held = gate();
    const slow = taking(subscription, () => held.promise);
    const other = client.subscribe(1);
    const quick = taking(other);
    for (const offset of [1, 2, 3, 4]) {
      push(feedback(1, offset));
      await turn();
    }
    expect([slow, quick, said().length]).toEqual([[1], [1, 2, 3, 4], 1]);
    held.open();
    await turn();
    expect(said().slice(1)).toEqual([
      { type: 'unsubscribe', diagnosis_id: 1 },
      { type: 'subscribe', diagnosis_id: 1, after: 'e1:2' },
    ]);
    push(connectMessage(1, { from: 'e1:2', to: 'e1:5', count: 3 }));
    for (const offset of [3, 4, 5]) {
      push(feedback(1, offset));
      await turn();
    }
    expect([slow, quick]).toEqual([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ]);
    // Only what it had not received before counts as missed.
    expect(other.state).toMatchObject({
      name: 'live',
      continuity: { status: 'recovered', from: { offset: 4 }, count: 1 },
    });
  });

  it('store the position of the one that has come least far', async () => {
    const positions = store();
    const { client, subscription, push } = await live({ positions });
    const held = gate();
    taking(subscription, async ({ offset }) => {
      if (offset === 2) await held.promise;
    });
    const other = client.subscribe(1);
    taking(other);
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    await turn();
    expect([subscription.position?.offset, other.position?.offset, positions.last()]).toEqual([1, 3, 'e1:1']);
    held.open();
    await turn();
    expect(positions.last()).toBe('e1:3');
  });

  it('an ended one no longer holds back the position', async () => {
    const positions = store();
    const { client, subscription, push } = await live({ positions });
    taking(subscription, () => new Promise(() => {}));
    taking(client.subscribe(1));
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    expect(positions.last()).toBe('e1:0');
    subscription.unsubscribe();
    expect(positions.last()).toBe('e1:2');
  });

  it('in another epoch the one that has not come there holds the position', async () => {
    const positions = store();
    const { client, subscription, push } = await live({ positions });
    const held = gate();
    taking(subscription, async ({ epoch, offset }) => {
      if (epoch === 'e1' && offset === 2) await held.promise;
    });
    taking(client.subscribe(1));
    push(feedback(1, 1), feedback(1, 2));
    push(
      connectMessage(1, {
        status: 'gap',
        reason: 'epoch_changed',
        last_seen: 'e1:2',
        first_available: 'e2:1',
        from: 'e2:0',
        to: 'e2:0',
        count: 0,
      }),
    );
    await turn();
    expect(positions.last()).toBe('e1:1');
    held.open();
    await turn();
    expect(positions.last()).toBe('e2:0');
  });

  it('end together when the server refuses their diagnosis', async () => {
    const { client, subscription, push } = await asked();
    const other = client.subscribe(1);
    push({ type: 'error', code: 'access_denied', message: 'no', diagnosis_id: 1 });
    await turn();
    expect([subscription.state, other.state]).toEqual([
      { name: 'stopped', reason: 'access_denied' },
      { name: 'stopped', reason: 'access_denied' },
    ]);
  });

  it('may begin at different places, which the server is asked for in turn', async () => {
    const { client, subscription, push, said } = await asked();
    const seen = [taking(subscription), taking(client.subscribe(1, { after: 'earliest' }))];
    const subscribed = () => said().filter(({ type }) => type === 'subscribe');
    push(connectMessage(1, { from: 'e1:2', to: 'e1:3', count: 1 }));
    await turn();
    expect(subscribed().at(-1)?.after).toBe('earliest');
    push(connectMessage(1, { status: 'fresh', from: 'e1:0', to: 'e1:3', count: 3 }));
    await turn();
    expect(subscribed().at(-1)?.after).toBe('e1:0');
    push(connectMessage(1, { from: 'e1:0', to: 'e1:3', count: 3 }));
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3), feedback(1, 4));
    await turn();
    expect(subscribed()).toHaveLength(3);
    expect(seen).toEqual([
      [3, 4],
      [1, 2, 3, 4],
    ]);
  });
});

describe('the end of the last subscription of a diagnosis', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** The same as `live`, where timers are fake. */
  async function started(options: Parameters<typeof asked>[0] = {}) {
    const starting = asked(options);
    await settle();
    const made = await starting;
    made.push(connectMessage(1, { status: 'fresh' }));
    await settle();
    return made;
  }

  it('is told to the server after a while', async () => {
    const { client, subscription, said } = await started();
    client.connect();
    subscription.unsubscribe();
    await vi.advanceTimersByTimeAsync(999);
    expect(said()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(said().slice(1)).toEqual([{ type: 'unsubscribe', diagnosis_id: 1 }]);
    client.close();
  });

  it('causes no traffic when the next one comes soon, as in StrictMode and at a change of route', async () => {
    const { client, subscription, transport, said } = await started();
    const before = transport.last().said.length;
    subscription.unsubscribe();
    let next = client.subscribe(1);
    next.unsubscribe();
    await vi.advanceTimersByTimeAsync(500);
    next = client.subscribe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([said().length, next.state.name, subscription.state.name]).toEqual([1, 'live', 'stopped']);
    const pings = transport.last().said.slice(before);
    expect(pings.filter(({ type }) => type !== 'ping')).toEqual([]);
    client.close();
  });

  it('loses nothing to the next one: what came between is asked for again', async () => {
    const { client, subscription, push, said } = await started();
    taking(subscription);
    push(feedback(1, 1));
    await settle();
    subscription.unsubscribe();
    push(feedback(1, 2));
    await settle();
    const seen = taking(client.subscribe(1));
    await settle();
    expect(said().slice(1)).toEqual([
      { type: 'unsubscribe', diagnosis_id: 1 },
      { type: 'subscribe', diagnosis_id: 1, after: 'e1:1' },
    ]);
    push(connectMessage(1, { from: 'e1:1', to: 'e1:2', count: 1 }), feedback(1, 2));
    await settle();
    expect(seen).toEqual([2]);
    client.close();
  });

  it('loses nothing that was received and waited for its handler', async () => {
    const { client, subscription, push, said } = await started();
    taking(subscription, () => new Promise(() => {}));
    push(feedback(1, 1), feedback(1, 2));
    await settle();
    subscription.unsubscribe();
    client.subscribe(1);
    await settle();
    expect(said().at(-1)).toEqual({ type: 'subscribe', diagnosis_id: 1, after: 'e1:0' });
    client.close();
  });

  it('leaves no timer behind when the client is closed', async () => {
    const { client, subscription } = await started();
    subscription.unsubscribe();
    client.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not ask for it again on a new connection', async () => {
    const { client, subscription, transport } = await started();
    subscription.unsubscribe();
    transport.last().listener.lost(1006, '');
    client.connect();
    await settle();
    transport.last().listener.opened();
    expect(transport.last().said.map(({ type }) => type)).toEqual(['authenticate', 'ping']);
    client.close();
  });
});

describe('a diagnosis left without a handler of its own', () => {
  it('is not left at the server before the last subscription ends', async () => {
    const { client, subscription, push, said } = await live({ lingerMs: 0 });
    const other = client.subscribe(1);
    subscription.unsubscribe();
    expect(said()).toHaveLength(1);
    const seen = taking(other);
    push(feedback(1, 1));
    await turn();
    expect(seen).toEqual([1]);
    other.unsubscribe();
    expect(said().slice(1)).toEqual([{ type: 'unsubscribe', diagnosis_id: 1 }]);
  });
});
