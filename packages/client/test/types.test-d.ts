import { catalogue, definePublication, type Position, type Recommendation } from '@vitalwire/protocol';
import { describe, expectTypeOf, it } from 'vitest';
import * as z from 'zod/mini';
import {
  type Client,
  type ConnectionState,
  type Continuity,
  createClient,
  type Gap,
  type HandlerContext,
  type Publication,
  type Subscription,
  type SubscriptionState,
} from '../src/index.ts';

const options = { url: 'ws://host/ws', getToken: () => 'token' };
const careless = createClient(options);
const careful = createClient({ ...options, onGap: () => {} });

describe('a gap must be handled', () => {
  it('by each subscription, unless the client does', () => {
    // @ts-expect-error Nothing says what happens at a gap.
    careless.subscribe(1);
    // @ts-expect-error Nothing says what happens at a gap.
    careless.subscribe(1, {});
    // @ts-expect-error Nothing says what happens at a gap.
    careless.subscribe(1, { after: 'latest' });
    careless.subscribe(1, { onGap: 'ignore' });
    careless.subscribe(1, { onGap: ({ reason }) => void reason });
    careful.subscribe(1);
    careful.subscribe(1, { onGap: 'ignore' });
    createClient({ ...options, onGap: 'ignore' }).subscribe(1);
  });

  it('in one of the known ways', () => {
    // @ts-expect-error `'skip'` is no way to handle a gap.
    careless.subscribe(1, { onGap: 'skip' });
    // @ts-expect-error `'skip'` is no way to handle a gap.
    createClient({ ...options, onGap: 'skip' });
  });

  it('by a handler, or by a snapshot with the position that it was read at', () => {
    const loadSnapshot = async () => ({ state: { dose: 1 }, position: { epoch: 'e', offset: 1 } });
    careless.subscribe(1, {
      loadSnapshot,
      onSnapshot(state, { position }) {
        expectTypeOf(state).toEqualTypeOf<{ dose: number }>();
        expectTypeOf(position).toEqualTypeOf<Position | 'earliest'>();
      },
    });
    careful.subscribe(1, {
      loadSnapshot: ({ diagnosisId, gap, signal }) => {
        expectTypeOf(diagnosisId).toEqualTypeOf<number>();
        expectTypeOf(gap).toEqualTypeOf<Gap | undefined>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        return { state: 'text', position: 'earliest' };
      },
      onSnapshot: (state) => expectTypeOf(state).toEqualTypeOf<string>(),
      onGap: ({ lastSeen }) => void lastSeen,
    });
    // @ts-expect-error Nobody takes the state.
    careless.subscribe(1, { loadSnapshot });
    // @ts-expect-error Nobody takes the state, also where the client handles gaps.
    careful.subscribe(1, { loadSnapshot });
    // @ts-expect-error There is no state to take.
    careful.subscribe(1, { onSnapshot: () => {} });
    // @ts-expect-error A state without its position says nothing about what follows.
    careless.subscribe(1, { loadSnapshot: () => ({ state: 1 }), onSnapshot: () => {} });
    // @ts-expect-error `latest` would pass over what was published meanwhile.
    careless.subscribe(1, { loadSnapshot: () => ({ state: 1, position: 'latest' }), onSnapshot: () => {} });
    // @ts-expect-error The snapshot says where to start.
    careless.subscribe(1, { loadSnapshot, onSnapshot: () => {}, after: 'latest' });
  });

  it('also by a function that takes any client', () => {
    expectTypeOf(careful).toExtend<Client>();
  });
});

describe('handlers', () => {
  const subscription = careful.subscribe(1);

  it('get the data of their type', () => {
    subscription.on('effectiveness_update', (data, publication) => {
      expectTypeOf(data.new_effectiveness).toEqualTypeOf<number>();
      expectTypeOf(data.improvement).toEqualTypeOf<number | undefined>();
      expectTypeOf(publication.recovered).toEqualTypeOf<boolean>();
      expectTypeOf(publication.type).toEqualTypeOf<'effectiveness_update'>();
    });
    subscription.on('recommendation_update', async (data) => {
      expectTypeOf(data.new_recommendation).toEqualTypeOf<Recommendation>();
    });
    subscription.on('feedback_update', (_data, _publication, context) => {
      expectTypeOf(context).toEqualTypeOf<HandlerContext>();
    });
    subscription.on('publication', (_publication, { commit }) => commit());
    subscription.on('state', (state) => expectTypeOf(state).toEqualTypeOf<SubscriptionState>());
    careful.on('state', (state) => expectTypeOf(state).toEqualTypeOf<ConnectionState>());
  });

  it('exist for the types of the catalogue only', () => {
    // @ts-expect-error There is no such type.
    subscription.on('mood_update', () => {});
    // @ts-expect-error `connect` is no publication.
    subscription.on('connect', () => {});
    // @ts-expect-error No such field.
    subscription.on('feedback_update', ({ mood }) => mood);
  });

  it('and loops get a union that `type` tells apart', async () => {
    for await (const publication of subscription) {
      expectTypeOf(publication.type).toEqualTypeOf<
        'recommendation_update' | 'effectiveness_update' | 'feedback_update'
      >();
      if (publication.type === 'feedback_update')
        expectTypeOf(publication.data.rating).toEqualTypeOf<number>();
      // @ts-expect-error Not every publication has a rating.
      publication.data.rating;
    }
    expectTypeOf<Publication<'feedback_update'>['data']['rating']>().toEqualTypeOf<number>();
  });
});

describe('an own catalogue', () => {
  const sixth = definePublication({
    type: 'dose_update',
    summary: 'The dose changed.',
    data: z.object({ dose_mg: z.number() }),
    publish: { body: z.object({ dose_mg: z.number() }), toData: (body) => body, example: { dose_mg: 1 } },
  });

  it('gives its types to handlers, without a word more', () => {
    const client = createClient({ ...options, onGap: 'ignore', catalogue: [...catalogue, sixth] });
    const subscription = client.subscribe(1);
    subscription.on('dose_update', ({ dose_mg }) => expectTypeOf(dose_mg).toEqualTypeOf<number>());
    subscription.on('feedback_update', ({ rating }) => expectTypeOf(rating).toEqualTypeOf<number>());
    // @ts-expect-error There is no such type.
    subscription.on('mood_update', () => {});
    expectTypeOf(careful.subscribe(1)).toEqualTypeOf<Subscription>();
  });

  it('works for a client whose subscriptions handle their gaps', () => {
    const client = createClient({ ...options, catalogue: [sixth] });
    // @ts-expect-error Nothing says what happens at a gap.
    client.subscribe(1);
    client.subscribe(1, { onGap: 'ignore' }).on('dose_update', ({ dose_mg }) => void dose_mg);
  });
});

describe('options', () => {
  it('are checked by name', () => {
    // @ts-expect-error There is no such option.
    createClient({ ...options, retries: 3 });
    // @ts-expect-error A client needs a url.
    createClient({ getToken: () => 'token' });
    careful.subscribe(1, { commit: 'manual', onHandlerError: 'retry' });
    // @ts-expect-error There is no such moment.
    careful.subscribe(1, { commit: 'never' });
    // @ts-expect-error There is no such policy.
    careful.subscribe(1, { onHandlerError: 'ignore' });
  });
});

describe('states', () => {
  it('narrow by name', () => {
    const { state } = careful.subscribe(1);
    if (state.name === 'waiting') expectTypeOf(state.retryAt).toEqualTypeOf<number>();
    if (state.name === 'stopped') expectTypeOf(state.reason).toExtend<string>();
    if (state.name === 'live')
      expectTypeOf(state.continuity.status).toEqualTypeOf<'live' | 'recovered' | 'gap'>();
    // @ts-expect-error Only a wait has an end.
    state.retryAt;
  });

  it('carry the continuity, which narrows by status', () => {
    const { state } = careful.subscribe(1);
    if (state.name !== 'live' && state.name !== 'catching_up') return;
    const { continuity } = state;
    expectTypeOf(continuity).toEqualTypeOf<Continuity>();
    expectTypeOf(continuity.count).toEqualTypeOf<number>();
    if (continuity.status === 'live') expectTypeOf(continuity.fresh).toEqualTypeOf<boolean>();
    if (continuity.status === 'gap') {
      expectTypeOf(continuity).toEqualTypeOf<Gap>();
      expectTypeOf(continuity.reason).toEqualTypeOf<'retention' | 'epoch_changed' | 'position_unknown'>();
      expectTypeOf(continuity.lastSeen).toEqualTypeOf<Position>();
    }
    // @ts-expect-error Only a gap has a reason.
    continuity.reason;
  });
});
