import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Gap, PositionStore } from '../src/index.ts';
import { connectMessage, feedback } from './support/messages.ts';
import { asked, clientOverMemory, live, turn } from './support/subscribed.ts';
import { tokenOf } from './support/tokens.ts';

/** A promise and the function that fulfils it. */
function gate() {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

describe('handlers', () => {
  it('get the data and the publication, by type or all', async () => {
    const { subscription, push } = await live();
    const calls: unknown[] = [];
    subscription.on(
      'feedback_update',
      (data, publication) => void calls.push(['typed', data.rating, publication]),
    );
    subscription.on('publication', (publication) => void calls.push(['any', publication.type]));
    subscription.on('effectiveness_update', () => void calls.push('other'));
    push(feedback(1, 1));
    await turn();
    expect(calls).toEqual([
      ['typed', 4, { ...feedback(1, 1), recovered: false }],
      ['any', 'feedback_update'],
    ]);
  });

  it('are awaited one after another before the next publication is handed out', async () => {
    const { subscription, push } = await live();
    const log: string[] = [];
    const gates = [gate(), gate(), gate(), gate()];
    for (const name of ['a', 'b']) {
      subscription.on('publication', async ({ offset }) => {
        log.push(`${name}${offset}`);
        await gates[log.length - 1]?.promise;
      });
    }
    push(feedback(1, 1), feedback(1, 2));
    const expected = ['a1', 'b1', 'a2', 'b2'];
    for (let i = 0; i < 4; i++) {
      await turn();
      expect(log).toEqual(expected.slice(0, i + 1));
      gates[i]?.open();
    }
  });

  it('move the position only when they have returned', async () => {
    const { subscription, push } = await live();
    const { promise, open } = gate();
    subscription.on('publication', () => promise);
    push(feedback(1, 1));
    await turn();
    expect(subscription.position).toEqual({ epoch: 'e1', offset: 0 });
    open();
    await turn();
    expect(subscription.position).toEqual({ epoch: 'e1', offset: 1 });
  });

  it('that throw are reported; the position moves on and the others are called', async () => {
    const { subscription, push, errors } = await live();
    const seen: number[] = [];
    subscription.on('publication', ({ offset }) => {
      if (offset === 1) throw new Error('thrown');
    });
    subscription.on('publication', async ({ offset }) => {
      if (offset === 2) throw new Error('rejected');
    });
    subscription.on('publication', ({ offset }) => void seen.push(offset));
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    await turn();
    expect(seen).toEqual([1, 2, 3]);
    expect(errors.map(String)).toEqual(['Error: thrown', 'Error: rejected']);
    expect(subscription.position?.offset).toBe(3);
  });

  it('that never return hold up their own subscription only', async () => {
    const { client, subscription, push } = await live();
    const other = client.subscribe(2);
    const seen: number[] = [];
    subscription.on('publication', () => new Promise(() => {}));
    other.on('publication', ({ offset }) => void seen.push(offset));
    push(
      connectMessage(2, { status: 'fresh' }),
      feedback(1, 1),
      feedback(2, 1),
      feedback(1, 2),
      feedback(2, 2),
    );
    await turn();
    expect(seen).toEqual([1, 2]);
    expect(subscription.position?.offset).toBe(0);
  });

  it('are waited for: what arrives before there is any is kept', async () => {
    const { subscription, push } = await live();
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    expect(subscription.position?.offset).toBe(0);
    subscription.on('state', () => {});
    await turn();
    expect(subscription.position?.offset).toBe(0);
    const seen: number[] = [];
    subscription.on('publication', ({ offset }) => void seen.push(offset));
    await turn();
    expect(seen).toEqual([1, 2]);
  });

  it('get nothing after they were taken away', async () => {
    const { subscription, push } = await live();
    const seen: number[] = [];
    const off = subscription.on('publication', ({ offset }) => {
      seen.push(offset);
      off();
    });
    subscription.on('publication', () => {});
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    expect(seen).toEqual([1]);
  });

  it('get nothing more once one of them unsubscribed', async () => {
    const { subscription, push } = await live();
    const seen: string[] = [];
    subscription.on('publication', ({ offset }) => {
      seen.push(`a${offset}`);
      if (offset === 2) subscription.unsubscribe();
    });
    subscription.on('publication', ({ offset }) => void seen.push(`b${offset}`));
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    await turn();
    expect(seen).toEqual(['a1', 'b1', 'a2']);
    expect(subscription.position?.offset).toBe(2);
  });
});

describe('duplicates', () => {
  it('are dropped, at and below the position and while they wait', async () => {
    const { subscription, push } = await asked();
    const seen: number[] = [];
    subscription.on('publication', ({ offset }) => void seen.push(offset));
    push(connectMessage(1, { from: 'e1:2', to: 'e1:4', count: 2 }));
    push(
      feedback(1, 1),
      feedback(1, 2),
      feedback(1, 3),
      feedback(1, 3),
      feedback(1, 4),
      feedback(1, 2),
      feedback(1, 5),
    );
    await turn();
    push(feedback(1, 4), feedback(1, 5), feedback(1, 6));
    await turn();
    expect(seen).toEqual([3, 4, 5, 6]);
  });
});

describe('catching up', () => {
  it('marks what was published before the subscription, and is live after the last of it was handled', async () => {
    const { subscription, push } = await asked();
    const log: unknown[] = [];
    const { promise, open } = gate();
    subscription.on('state', ({ name }) => void log.push(name));
    subscription.on('publication', async ({ offset, recovered }) => {
      log.push([offset, recovered]);
      if (offset === 2) await promise;
    });
    push(
      connectMessage(1, { from: 'e1:0', to: 'e1:2', count: 2 }),
      feedback(1, 1),
      feedback(1, 2),
      feedback(1, 3),
    );
    await turn();
    expect(log).toEqual(['catching_up', [1, true], [2, true]]);
    expect(subscription.state).toMatchObject({ name: 'catching_up', recovery: { count: 2 } });
    open();
    await turn();
    expect(log.slice(3)).toEqual(['live', [3, false]]);
  });

  it('ends after the counted publications, though the top belongs to another user', async () => {
    const { subscription, push } = await asked();
    subscription.on('publication', () => {});
    push(connectMessage(1, { from: 'e1:0', to: 'e1:9', count: 2 }), feedback(1, 1));
    await turn();
    expect(subscription.state.name).toBe('catching_up');
    push(feedback(1, 4));
    await turn();
    expect(subscription.state.name).toBe('live');
  });

  it('ends with a last publication that is a duplicate', async () => {
    const { subscription, push, cut } = await live();
    subscription.on('publication', () => {});
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    await cut();
    push(connectMessage(1, { from: 'e1:0', to: 'e1:2', count: 2 }), feedback(1, 1), feedback(1, 2));
    await turn();
    expect(subscription.state.name).toBe('live');
  });

  it('ends with a last publication that cannot be read', async () => {
    const { subscription, push } = await asked();
    push(connectMessage(1, { from: 'e1:0', to: 'e1:1', count: 1 }), feedback(1, 1, { data: {} }));
    await vi.waitFor(() => expect(subscription.state.name).toBe('live'));
  });

  it('is over at once when nothing was missed', async () => {
    const { subscription } = await live();
    expect(subscription.state).toMatchObject({ name: 'live', recovery: { status: 'fresh' } });
    expect(subscription.position).toEqual({ epoch: 'e1', offset: 0 });
  });

  it('is told apart from what is live also where handlers are slow and a gap follows', async () => {
    const { subscription, push } = await asked({ onGap: () => void log.push('gap') });
    const log: unknown[] = [];
    const first = gate();
    subscription.on('state', ({ name }) => log.push(name));
    subscription.on('publication', async ({ offset, recovered }) => {
      log.push([offset, recovered]);
      await first.promise;
    });
    push(connectMessage(1, { from: 'e1:0', to: 'e1:1', count: 1 }), feedback(1, 1), feedback(1, 2));
    push(
      connectMessage(1, {
        status: 'gap',
        reason: 'retention',
        last_seen: 'e1:2',
        first_available: 'e1:5',
        from: 'e1:4',
        to: 'e1:5',
        count: 1,
      }),
      feedback(1, 5),
      feedback(1, 6),
    );
    await turn();
    first.open();
    await turn();
    expect(log).toEqual([
      'catching_up',
      [1, true],
      'live',
      [2, false],
      'gap',
      'catching_up',
      [5, true],
      'live',
      [6, false],
    ]);
  });

  it('does not become live from a connection that ended', async () => {
    const { subscription, push, transport } = await asked();
    const { promise, open } = gate();
    subscription.on('publication', () => promise);
    push(connectMessage(1, { from: 'e1:0', to: 'e1:1', count: 1 }), feedback(1, 1));
    await turn();
    transport.last().listener.lost(1006, '');
    open();
    await turn();
    expect(subscription.state.name).toBe('waiting');
    expect(subscription.position?.offset).toBe(1);
  });

  it('does not begin from a connect of a connection that ended', async () => {
    const { subscription, push, transport, cut } = await live();
    const { promise, open } = gate();
    subscription.on('publication', () => promise);
    push(feedback(1, 1));
    await cut();
    push(connectMessage(1, { from: 'e1:1', to: 'e1:2', count: 1 }));
    transport.last().listener.lost(1006, '');
    open();
    await turn();
    expect(subscription.position?.offset).toBe(1);
    expect(subscription.state.name).toBe('waiting');
  });
});

describe('after a cut', () => {
  it('asks for what follows the last publication received, handled or not', async () => {
    const { subscription, push, cut, said } = await live();
    const { promise, open } = gate();
    const seen: unknown[] = [];
    subscription.on('publication', async ({ offset, recovered }) => {
      seen.push([offset, recovered]);
      await promise;
    });
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    await cut();
    expect(said()).toEqual([{ type: 'subscribe', diagnosis_id: 1, after: 'e1:2' }]);
    push(connectMessage(1, { from: 'e1:2', to: 'e1:3', count: 1 }), feedback(1, 3), feedback(1, 4));
    open();
    await turn();
    expect(seen).toEqual([
      [1, false],
      [2, false],
      [3, true],
      [4, false],
    ]);
  });

  it('hears nothing of a topic before its connect', async () => {
    const { subscription, push, cut } = await live();
    const seen: number[] = [];
    subscription.on('publication', ({ offset }) => void seen.push(offset));
    await cut();
    push(feedback(1, 7));
    await turn();
    expect(seen).toEqual([]);
  });

  it('keeps asking for the same start as long as nothing was received', async () => {
    const { said, cut } = await asked({ after: 'earliest' });
    expect(said()[0]?.after).toBe('earliest');
    await cut();
    expect(said()[0]?.after).toBe('earliest');
  });
});

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
    diagnosisId: 1,
    reason: 'retention',
    lastSeen: { epoch: 'e1', offset: 1 },
    firstAvailable: { epoch: 'e1', offset: 6 },
    from: { epoch: 'e1', offset: 5 },
    to: { epoch: 'e1', offset: 7 },
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
      recovery: { status: 'gap', reason: 'retention' },
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
  const settle = () => vi.advanceTimersByTimeAsync(0);

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

describe('a message that fails its schema', () => {
  it("is reported with zod's issues, and passed over", async () => {
    const log: unknown[] = [];
    const { subscription, push } = await live({
      onError: (error) => log.push(error),
    });
    subscription.on('publication', async ({ offset }) => void log.push(offset));
    push(
      feedback(1, 1),
      feedback(1, 2, { data: { feedback_id: 1, rating: 6, effectiveness: 2 } }),
      feedback(1, 3),
    );
    await vi.waitFor(() => expect(log).toHaveLength(3));
    expect(log.filter(Number.isInteger)).toEqual([1, 3]);
    expect(log.filter((entry) => typeof entry === 'object')).toMatchObject([
      {
        name: 'ProtocolError',
        code: 'invalid_message',
        issues: [{ path: 'data.rating' }, { path: 'data.effectiveness' }],
      },
    ]);
    expect(subscription.position?.offset).toBe(3);
  });

  it('is passed over also when nobody listens', async () => {
    const { subscription, push } = await live();
    push(feedback(1, 1, { data: {} }));
    await vi.waitFor(() => expect(subscription.position?.offset).toBe(1));
  });

  it.each(['not json', '[]', '{"type":"connect","diagnosis_id":1}'])(
    'is reported when it is %s',
    async (text) => {
      const { errors, transport } = await live();
      transport.last().listener.received(text);
      await vi.waitFor(() => expect(errors).toHaveLength(1));
      expect(errors).toMatchObject([{ name: 'ProtocolError' }]);
    },
  );

  it('of an unknown type is reported once for each type, and always passed over', async () => {
    const { subscription, push, errors } = await live();
    push(
      feedback(1, 1, { type: 'mood_update' }),
      feedback(1, 2, { type: 'mood_update' }),
      feedback(1, 3, { type: 'dose_update' }),
      { type: 'weather' },
      { type: 'weather' },
    );
    await vi.waitFor(() => expect(errors).toHaveLength(3));
    expect(subscription.position?.offset).toBe(3);
    expect(errors).toMatchObject([
      { code: 'unknown_message' },
      { code: 'unknown_message' },
      { code: 'unknown_message' },
    ]);
  });

  it('of endless unknown types fills no memory', async () => {
    const { push, errors } = await live();
    for (let i = 0; i < 1_000; i++) push({ type: `type_${i}` });
    await turn();
    await vi.waitFor(() => expect(errors.length).toBeGreaterThanOrEqual(100));
    await turn();
    expect(errors).toHaveLength(100);
  });
});

describe('a loop', () => {
  it('moves the position when it asks for the next publication', async () => {
    const { subscription, push } = await live();
    push(feedback(1, 1), feedback(1, 2));
    const loop = subscription[Symbol.asyncIterator]();
    expect(await loop.next()).toMatchObject({ value: { offset: 1 } });
    await turn();
    expect(subscription.position?.offset).toBe(0);
    expect(await loop.next()).toMatchObject({ value: { offset: 2 } });
    expect(subscription.position?.offset).toBe(1);
  });

  it('ends alone when it is left; the next one goes on after it', async () => {
    const { subscription, push } = await live();
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    for await (const { offset } of subscription) if (offset === 2) break;
    await turn();
    expect(subscription.state.name).toBe('live');
    expect(subscription.position?.offset).toBe(2);
    for await (const { offset } of subscription) {
      expect(offset).toBe(3);
      break;
    }
  });

  it('passes on what its body throws', async () => {
    const { subscription, push, errors } = await live();
    push(feedback(1, 1));
    const loop = async () => {
      for await (const { offset } of subscription) throw new Error(`at ${offset}`);
    };
    await expect(loop()).rejects.toThrow('at 1');
    expect([subscription.state.name, errors]).toEqual(['live', []]);
  });

  it('gets every publication beside other loops and handlers', async () => {
    const { subscription, push } = await live();
    const seen: string[] = [];
    const loop = async (name: string) => {
      for await (const { offset } of subscription) {
        seen.push(`${name}${offset}`);
        if (offset === 2) break;
      }
    };
    subscription.on('publication', ({ offset }) => void seen.push(`h${offset}`));
    const loops = Promise.all([loop('a'), loop('b')]);
    push(feedback(1, 1), feedback(1, 2));
    await loops;
    expect(seen.filter((entry) => entry.endsWith('1')).sort()).toEqual(['a1', 'b1', 'h1']);
    expect(seen.filter((entry) => entry.endsWith('2')).sort()).toEqual(['a2', 'b2', 'h2']);
  });

  it('sees a gap through onGap before what comes after it', async () => {
    const log: unknown[] = [];
    const { subscription, push } = await live({ onGap: async ({ reason }) => void log.push(reason) });
    push(
      feedback(1, 1),
      connectMessage(1, {
        status: 'gap',
        reason: 'retention',
        last_seen: 'e1:1',
        first_available: 'e1:5',
        from: 'e1:4',
        to: 'e1:4',
        count: 0,
      }),
      feedback(1, 5),
    );
    for await (const { offset } of subscription) {
      log.push(offset);
      if (offset === 5) break;
    }
    expect(log).toEqual([1, 'retention', 5]);
  });

  it.each(['unsubscribe', 'close'])('ends with its subscription, by %s', async (how) => {
    const { client, subscription } = await live();
    const loop = (async () => {
      for await (const _ of subscription);
      return 'ended';
    })();
    await turn();
    if (how === 'close') client.close();
    else subscription.unsubscribe();
    expect(await loop).toBe('ended');
  });
});

describe('slow handlers', () => {
  it('stop the delivery at the limit, and resume it from the log when they are done', async () => {
    const { subscription, push, said } = await live({ maxWaitingPublications: 3 });
    const first = gate();
    const seen: number[] = [];
    const names: string[] = [];
    subscription.on('state', ({ name }) => names.push(name));
    subscription.on('publication', async ({ offset }) => {
      seen.push(offset);
      await first.promise;
    });
    push(...[1, 2, 3, 4, 5].map((offset) => feedback(1, offset)));
    await turn();
    expect(said().slice(1)).toEqual([{ type: 'unsubscribe', diagnosis_id: 1 }]);
    first.open();
    await turn();
    expect(seen).toEqual([1, 2, 3]);
    expect(names).toEqual(['connecting']);
    expect(said().slice(2)).toEqual([{ type: 'subscribe', diagnosis_id: 1, after: 'e1:3' }]);
    push(connectMessage(1, { from: 'e1:3', to: 'e1:5', count: 2 }), feedback(1, 4), feedback(1, 5));
    await turn();
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(subscription.state.name).toBe('live');
  });

  it('are not flooded with gaps either', async () => {
    const { push, said } = await live({ maxWaitingPublications: 3, onGap: () => new Promise(() => {}) });
    for (let i = 0; i < 10; i++) {
      push(
        connectMessage(1, {
          status: 'gap',
          reason: 'retention',
          last_seen: `e1:${i}`,
          first_available: `e1:${i + 2}`,
          from: `e1:${i + 1}`,
          count: 0,
        }),
      );
    }
    await turn();
    expect(said().slice(1)).toEqual([{ type: 'unsubscribe', diagnosis_id: 1 }]);
  });

  it('are not asked to do more over a new connection either', async () => {
    const { subscription, push, said, cut } = await live({ maxWaitingPublications: 2 });
    const first = gate();
    subscription.on('publication', () => first.promise);
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    await turn();
    await cut();
    expect(said()).toEqual([]);
    first.open();
    await turn();
    expect(said()).toEqual([{ type: 'subscribe', diagnosis_id: 1, after: 'e1:2' }]);
  });
});

describe('a refusal', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(1);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const settle = () => vi.advanceTimersByTimeAsync(0);

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

describe('unsubscribe', () => {
  it('is final for this subscription, and says so', async () => {
    const { subscription, push, said } = await live();
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
    const { client, subscription, transport, push, said } = await live();
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
    const { client, subscription, push, said } = await live();
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

  it('is needed before the same diagnosis is subscribed to again', async () => {
    const { client } = await live();
    expect(() => client.subscribe(1)).toThrow(expect.objectContaining({ code: 'already_subscribed' }));
  });

  it('leaves the position alone that its successor has moved further', async () => {
    const saved: string[] = [];
    const { client, subscription, push } = await live({
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

describe('positions', () => {
  function memoryStore(): PositionStore & { items: Map<string, string> } {
    const items = new Map<string, string>();
    return { items, load: (key) => items.get(key), save: (key, position) => void items.set(key, position) };
  }

  it('survive a reload: the next client resumes', async () => {
    const positions = memoryStore();
    const { subscription, push, client } = await live({ positions });
    subscription.on('publication', () => {});
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    client.close();
    const next = await asked({ positions });
    expect(next.said()).toEqual([{ type: 'subscribe', diagnosis_id: 1, after: 'e1:2' }]);
    expect(next.subscription.position).toEqual({ epoch: 'e1', offset: 2 });
  });

  it('hold what was handled, not what was received', async () => {
    const positions = memoryStore();
    const { subscription, push } = await live({ positions });
    subscription.on('publication', ({ offset }) => (offset === 2 ? new Promise<void>(() => {}) : undefined));
    push(feedback(1, 1), feedback(1, 2), feedback(1, 3));
    await turn();
    expect([...positions.items.values()]).toEqual(['e1:1']);
  });

  it('go before the start that is asked for by name', async () => {
    const positions = memoryStore();
    positions.items.set('vitalwire:1:ann:ws://localhost/ws', 'e1:7');
    const { said } = await asked({ positions, after: 'latest' });
    expect(said()[0]?.after).toBe('e1:7');
  });

  it('are never inherited by another user', async () => {
    const positions = memoryStore();
    const { subscription, push } = await live({ positions });
    subscription.on('publication', () => {});
    push(feedback(1, 1));
    await turn();
    const other = await asked({ positions, getToken: () => tokenOf({ sub: 'bob' }) });
    expect(other.said()).toEqual([{ type: 'subscribe', diagnosis_id: 1 }]);
  });

  it('change with the user of one client, and nothing of the other user is handed out', async () => {
    const positions = memoryStore();
    let sub = 'ann';
    const { subscription, push, cut, said } = await live({ positions, getToken: () => tokenOf({ sub }) });
    const first = gate();
    const seen: number[] = [];
    subscription.on('publication', async ({ offset }) => {
      seen.push(offset);
      if (offset === 1) await first.promise;
    });
    push(feedback(1, 1), feedback(1, 2));
    await turn();
    sub = 'bob';
    await cut();
    expect(said()).toEqual([{ type: 'subscribe', diagnosis_id: 1 }]);
    push(connectMessage(1, { status: 'fresh', from: 'e1:4', to: 'e1:5', count: 1 }), feedback(1, 5));
    first.open();
    await turn();
    expect(seen).toEqual([1, 5]);
    expect(Object.fromEntries(positions.items)).toEqual({
      'vitalwire:1:ann:ws://localhost/ws': 'e1:0',
      'vitalwire:1:bob:ws://localhost/ws': 'e1:5',
    });
  });

  it('are kept nowhere while the user is unknown, but resume within the client', async () => {
    const positions = memoryStore();
    const { subscription, push, cut, said } = await live({ positions, getToken: () => 'opaque' });
    subscription.on('publication', () => {});
    push(feedback(1, 1));
    await turn();
    await cut();
    expect(said()[0]?.after).toBe('e1:1');
    expect(positions.items.size).toBe(0);
  });

  it.each(['', 'e1', 'e1:-1', 'e1:1.5', '{}'])('that read %j are ignored', async (text) => {
    const { said } = await asked({ positions: { load: () => text, save: () => {} } });
    expect(said()).toEqual([{ type: 'subscribe', diagnosis_id: 1 }]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('full'))],
  ])('that cannot be kept, as save %s, are reported and do no harm', async (_, save) => {
    const load = () => {
      throw new Error('unreadable');
    };
    const { subscription, push, errors } = await live({ positions: { load, save } });
    subscription.on('publication', () => {});
    push(feedback(1, 1));
    await turn();
    expect(subscription.position?.offset).toBe(1);
    expect(errors.map(String)).toEqual(['Error: unreadable', 'Error: full', 'Error: full']);
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
