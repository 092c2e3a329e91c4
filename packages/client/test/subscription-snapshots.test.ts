import type { Position } from '@vitalwire/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClientError, type ClientOptions, type Snapshot, type SnapshotRequest } from '../src/index.ts';
import { connectMessage, feedback } from './support/messages.ts';
import { clientOverMemory } from './support/subscribed.ts';
import { settle } from './support/timers.ts';
import { tokenOf } from './support/tokens.ts';
import { gate } from './support/wait.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(1);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const at = (offset: number, epoch = 'e1'): Position => ({ epoch, offset });
const lost = (reason: 'retention' | 'epoch_changed', lastSeen: string, from: string, to: string, count = 0) =>
  connectMessage(1, {
    status: 'gap',
    reason,
    last_seen: lastSeen,
    first_available: from.replace(/\d+$/, (offset) => String(Number(offset) + 1)),
    from,
    to,
    count,
  });

type Load = (request: SnapshotRequest) => Snapshot<string> | Promise<Snapshot<string>>;

/** A subscription that begins with a snapshot, and what it was given, in order. */
async function begun(load: Load, options: Partial<ClientOptions> = {}, more: object = {}) {
  const made = clientOverMemory(options);
  const given: unknown[] = [];
  const requests: SnapshotRequest[] = [];
  const subscription = made.client.subscribe(1, {
    loadSnapshot(request) {
      requests.push(request);
      return load(request);
    },
    onSnapshot: (state) => void given.push(state),
    ...more,
  });
  subscription.on('publication', ({ offset }) => void given.push(offset));
  await settle();
  made.transport.last().listener.opened();
  await settle();
  return {
    ...made,
    subscription,
    given,
    requests,
    said: () =>
      made.transport
        .last()
        .said.filter(({ type }) => type === 'subscribe' || type === 'unsubscribe')
        .map(({ type, after }) => (type === 'subscribe' ? after : 'left')),
    async push(...messages: object[]) {
      made.transport.last().push(...messages);
      await settle();
    },
    async cut() {
      made.transport.last().listener.lost(1006, '');
      made.client.connect();
      await settle();
      made.transport.last().listener.opened();
      await settle();
    },
  };
}

describe('a subscription with loadSnapshot', () => {
  it('begins with the state, and goes on from its position', async () => {
    const { subscription, given, said, push, requests } = await begun(() => ({
      state: 'a',
      position: at(7),
    }));
    expect([given, said()]).toEqual([['a'], ['e1:7']]);
    expect(requests).toMatchObject([{ diagnosisId: 1, gap: undefined }]);
    await push(connectMessage(1, { from: 'e1:7', to: 'e1:8', count: 1 }), feedback(1, 8), feedback(1, 9));
    expect(given).toEqual(['a', 8, 9]);
    expect(subscription.position).toEqual(at(9));
  });

  it('is given the state also when no server answers', async () => {
    const { client } = clientOverMemory();
    const given: string[] = [];
    const loadSnapshot = () => ({ state: 'a', position: at(7) });
    client.subscribe(1, { loadSnapshot, onSnapshot: (state) => void given.push(state) });
    await settle();
    expect(given).toEqual(['a']);
    client.close();
  });

  it('begins anew on every page: the state of the one before is gone, whatever position was held', async () => {
    const positions = { load: () => 'e1:5', save: vi.fn() };
    const loaded = gate();
    const load = async () => {
      await loaded.promise;
      return { state: 'a', position: at(7) };
    };
    const { said, push, subscription } = await begun(load, { positions });
    expect([said(), subscription.position]).toEqual([[], undefined]);
    loaded.open();
    await settle();
    expect(said()).toEqual(['e1:7']);
    await push(connectMessage(1, { from: 'e1:7' }), feedback(1, 8));
    // And it moves no position that others go by.
    expect(positions.save).not.toHaveBeenCalled();
  });

  it('is given everything that is kept on top of a state of which no position is known', async () => {
    const { given, said, push } = await begun(() => ({ state: 'a', position: 'earliest' }));
    expect(said()).toEqual(['earliest']);
    await push(connectMessage(1, { status: 'fresh', from: 'e1:3', to: 'e1:4', count: 1 }), feedback(1, 4));
    expect(given).toEqual(['a', 4]);
  });

  it('resumes after a cut without another snapshot', async () => {
    const { given, said, push, cut, requests } = await begun(() => ({ state: 'a', position: at(7) }));
    await push(connectMessage(1, { from: 'e1:7' }), feedback(1, 8));
    await cut();
    expect(said()).toEqual(['e1:8']);
    await push(connectMessage(1, { from: 'e1:8', to: 'e1:9', count: 1 }), feedback(1, 9));
    expect([given, requests.length]).toEqual([['a', 8, 9], 1]);
  });

  it('awaits onSnapshot before it hands out what follows', async () => {
    const taken = gate();
    const { given, push } = await begun(
      () => ({ state: 'a', position: at(7) }),
      {},
      { onSnapshot: () => taken.promise },
    );
    await push(connectMessage(1, { from: 'e1:7' }), feedback(1, 8));
    expect(given).toEqual([]);
    taken.open();
    await settle();
    expect(given).toEqual([8]);
  });
});

describe('after a gap, loadSnapshot', () => {
  it('bridges it: the state comes in order, and nothing up to its position is handed out', async () => {
    const states = [
      { state: 'a', position: at(1) },
      { state: 'b', position: at(6) },
    ];
    const { subscription, given, said, push, requests } = await begun(
      () => states.shift() as Snapshot<string>,
    );
    await push(connectMessage(1, { from: 'e1:1' }), feedback(1, 2));
    const names: unknown[] = [];
    subscription.on('state', ({ name }) => names.push(name));
    await push(lost('retention', 'e1:2', 'e1:4', 'e1:7', 3), feedback(1, 5), feedback(1, 6), feedback(1, 7));
    expect(requests[1]?.gap).toMatchObject({ reason: 'retention', lastSeen: at(2), firstAvailable: at(5) });
    expect([given, said()]).toEqual([
      ['a', 2, 'b'],
      ['e1:1', 'left', 'e1:6'],
    ]);
    await push(connectMessage(1, { from: 'e1:6', to: 'e1:8', count: 2 }), feedback(1, 7), feedback(1, 8));
    expect(given).toEqual(['a', 2, 'b', 7, 8]);
    expect(names).toEqual(['catching_up', 'connecting', 'catching_up', 'live']);
    expect(subscription.state).toMatchObject({ continuity: { status: 'recovered', count: 2 } });
  });

  it('costs no traffic when the state is as new as what has come', async () => {
    let offset = 1;
    const { given, said, push } = await begun(() => ({ state: `at ${offset}`, position: at(offset) }));
    offset = 6;
    await push(connectMessage(1, { from: 'e1:1' }));
    await push(lost('retention', 'e1:1', 'e1:6', 'e1:6'));
    await push(feedback(1, 7));
    expect([given, said()]).toEqual([['at 1', 'at 6', 7], ['e1:1']]);
  });

  it('is told of first, when there is an onGap of this subscription', async () => {
    const order: string[] = [];
    const { push } = await begun(
      ({ gap }) => {
        order.push(gap ? 'again' : 'first');
        return { state: 'a', position: at(9) };
      },
      { onGap: () => void order.push('of the client') },
      { onGap: async () => void order.push('gap') },
    );
    await push(connectMessage(1, { from: 'e1:9' }));
    await push(lost('epoch_changed', 'e1:9', 'e2:0', 'e2:0'));
    expect(order).toEqual(['first', 'gap', 'again']);
  });

  it('waits for what came before the gap', async () => {
    const first = gate();
    const { given, push, subscription } = await begun(() => ({ state: 'a', position: at(1) }));
    subscription.on('publication', () => first.promise);
    await push(connectMessage(1, { from: 'e1:1' }), feedback(1, 2), feedback(1, 3));
    await push(lost('retention', 'e1:3', 'e1:8', 'e1:8'));
    expect(given).toEqual(['a', 2]);
    first.open();
    await settle();
    expect(given).toEqual(['a', 2, 3, 'a']);
  });
});

describe('a snapshot that fails', () => {
  it('is tried again with growing waits, and reported', async () => {
    let failures = 0;
    const load = async () => {
      if (failures++ < 2) throw new Error('503');
      return { state: 'a', position: at(7) };
    };
    const { given, errors } = await begun(load);
    await vi.advanceTimersByTimeAsync(500 + 1_000 - 1);
    expect([given, errors.map(String)]).toEqual([[], ['Error: 503', 'Error: 503']]);
    await vi.advanceTimersByTimeAsync(1);
    expect(given).toEqual(['a']);
  });

  it('may also throw at once, and nothing else comes of it', async () => {
    const onError = vi.fn();
    const failure = new Error('no backend');
    const { subscription } = await begun(
      () => {
        throw failure;
      },
      { onError },
    );
    await vi.advanceTimersByTimeAsync(20_000);
    subscription.unsubscribe();
    await settle();
    // A rejection that nobody handles fails the run.
    expect(new Set(onError.mock.calls.flat())).toEqual(new Set([failure]));
  });

  it('is not tried again when an error says that this cannot help: the subscription stops with its code', async () => {
    const refusal = new ClientError('access_denied', 'not yours');
    const onError = vi.fn();
    const { subscription, requests, given, client, transport } = await begun(
      () => {
        throw refusal;
      },
      { onError },
    );
    const other = client.subscribe(1, { onGap: 'ignore' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(subscription.state).toEqual({ name: 'stopped', reason: 'access_denied' });
    expect([requests.length, given, onError.mock.calls]).toEqual([1, [], [[refusal]]]);
    expect(transport.last().said).toContainEqual({ type: 'subscribe', diagnosis_id: 1 });
    expect(other.state.name).not.toBe('stopped');
  });

  it('is given up after a while, told so and tried again', async () => {
    vi.useRealTimers();
    const { client, errors } = clientOverMemory({ timeoutMs: 20, backoff: { baseMs: 1, maxMs: 1 } });
    const signals: AbortSignal[] = [];
    client.subscribe(1, {
      loadSnapshot({ signal }) {
        signals.push(signal);
        return new Promise<never>(() => {});
      },
      onSnapshot: () => {},
    });
    await vi.waitFor(() => expect(signals.length).toBeGreaterThan(1));
    expect(signals[0]?.aborted).toBe(true);
    expect(errors[0]).toMatchObject({ name: 'TimeoutError' });
    client.close();
  });

  it.each([
    {},
    { position: 'latest' },
    { position: { epoch: 'e1', offset: -1 } },
    { position: { epoch: 'e1' } },
  ])('because its position is none, as in %j, is reported', async (snapshot) => {
    const { errors, given } = await begun(() => snapshot as Snapshot<string>);
    expect([given, errors.length]).toEqual([[], 1]);
  });

  it('is no longer waited for when the subscription ends', async () => {
    const { client, subscription, requests, errors } = await begun(() => new Promise<never>(() => {}));
    client.connect();
    subscription.unsubscribe();
    expect(requests[0]?.signal.aborted).toBe(true);
    await settle();
    client.close();
    expect([errors, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it('holds up no other subscription of the same diagnosis', async () => {
    const { client, push, said } = await begun(() => Promise.reject(new Error('503')));
    const seen: number[] = [];
    client.subscribe(1).on('publication', ({ offset }) => void seen.push(offset));
    await settle();
    await push(connectMessage(1, { status: 'fresh' }), feedback(1, 1));
    expect([seen, said()]).toEqual([[1], [undefined]]);
  });
});

describe('a snapshot that is too old', () => {
  it('is loaded again when what follows it is gone: at once, then with growing waits', async () => {
    let offset = 3;
    const { given, said, push, errors } = await begun(() => ({
      state: `at ${offset}`,
      position: at(offset),
    }));
    expect(said()).toEqual(['e1:3']);
    offset = 4;
    await push(lost('retention', 'e1:3', 'e1:5', 'e1:6', 1), feedback(1, 6));
    expect(errors).toMatchObject([{ code: 'snapshot_outdated' }]);
    expect(given).toEqual(['at 3']);
    await vi.advanceTimersByTimeAsync(500);
    expect([given, said().at(-1)]).toEqual([['at 3', 'at 4'], 'e1:4']);
    offset = 6;
    await push(lost('retention', 'e1:4', 'e1:5', 'e1:6', 1), feedback(1, 6));
    await vi.advanceTimersByTimeAsync(999);
    expect(given).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    await push(feedback(1, 7));
    expect(given).toEqual(['at 3', 'at 4', 'at 6', 7]);
  });

  it('is enough when the log began anew and nothing of it is gone', async () => {
    const { given, push, subscription, requests } = await begun(() => ({ state: 'old', position: at(70) }));
    await push(connectMessage(1, { from: 'e1:70' }));
    await push(lost('epoch_changed', 'e1:70', 'e2:0', 'e2:1', 1), feedback(1, 1, { epoch: 'e2' }));
    // The backend knows no position in the new log: after its own, the server says so once more.
    await push(lost('epoch_changed', 'e1:70', 'e2:0', 'e2:1', 1), feedback(1, 1, { epoch: 'e2' }));
    expect([given, requests.length]).toEqual([['old', 'old', 1], 2]);
    expect(subscription.state).toMatchObject({ name: 'live', continuity: { status: 'gap' } });
  });

  it('is loaded again when the log began anew and part of it is gone', async () => {
    const { given, push, errors } = await begun(() => ({ state: 'old', position: at(70) }));
    await push(lost('epoch_changed', 'e1:70', 'e2:4', 'e2:5', 1), feedback(1, 5, { epoch: 'e2' }));
    expect(errors).toMatchObject([{ code: 'snapshot_outdated' }]);
    expect(given).toEqual(['old']);
  });
});

describe('a subscription with loadSnapshot that joins another', () => {
  async function joined(position: Position) {
    const made = clientOverMemory();
    const seen: number[] = [];
    const given: unknown[] = [];
    made.client.subscribe(1).on('publication', ({ offset }) => void seen.push(offset));
    await settle();
    made.transport.last().listener.opened();
    made.transport.last().push(connectMessage(1, { status: 'fresh' }), feedback(1, 1), feedback(1, 2));
    await settle();
    const loadSnapshot = () => ({ state: 'a', position });
    const subscription = made.client.subscribe(1, {
      loadSnapshot,
      onSnapshot: (state) => void given.push(state),
    });
    subscription.on('publication', ({ offset }) => void given.push(offset));
    await settle();
    const said = () => made.transport.last().said.filter(({ type }) => type === 'subscribe');
    const push = async (...messages: object[]) => {
      made.transport.last().push(...messages);
      await settle();
    };
    return { seen, given, said, push, subscription };
  }

  it('costs no traffic when its state is as new as what has come', async () => {
    const { seen, given, said, push } = await joined(at(2));
    await push(feedback(1, 3));
    expect([seen, given, said().length]).toEqual([[1, 2, 3], ['a', 3], 1]);
  });

  it('gets what its state does not hold from the log; the other gets nothing twice', async () => {
    const { seen, given, said, push } = await joined(at(1));
    expect(said().at(-1)?.after).toBe('e1:1');
    await push(connectMessage(1, { from: 'e1:1', to: 'e1:2', count: 1 }), feedback(1, 2), feedback(1, 3));
    expect([seen, given]).toEqual([
      [1, 2, 3],
      ['a', 2, 3],
    ]);
  });

  it('is given nothing that its state holds; the other is given all of it', async () => {
    const { seen, given, said, push } = await joined(at(4));
    expect(said().at(-1)?.after).toBe('e1:2');
    await push(connectMessage(1, { from: 'e1:2', to: 'e1:5', count: 3 }));
    await push(feedback(1, 3), feedback(1, 4), feedback(1, 5));
    expect([seen, given]).toEqual([
      [1, 2, 3, 4, 5],
      ['a', 5],
    ]);
  });

  it('of a state from another epoch takes the whole log on top, when that is still there', async () => {
    const { seen, given, said, push, subscription } = await joined(at(9, 'e0'));
    expect(said().at(-1)?.after).toBe('earliest');
    await push(connectMessage(1, { status: 'fresh', from: 'e1:0', to: 'e1:2', count: 2 }));
    await push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    expect([seen, given]).toEqual([
      [1, 2, 3],
      ['a', 1, 2, 3],
    ]);
    expect(subscription.state).toMatchObject({ continuity: { status: 'gap', reason: 'epoch_changed' } });
  });
});

describe('another user', () => {
  it('is given a state of its own', async () => {
    let sub = 'ann';
    const { given, said, cut, push } = await begun(() => ({ state: sub, position: at(7) }), {
      getToken: () => tokenOf({ sub }),
    });
    await push(connectMessage(1, { from: 'e1:7' }), feedback(1, 8));
    sub = 'bob';
    await cut();
    expect([given, said()]).toEqual([['ann', 8, 'bob'], ['e1:7']]);
  });
});
