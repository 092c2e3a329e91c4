import { catalogue, definePublication, type Recommendation } from '@vitalwire/protocol';
import { describe, expectTypeOf, it } from 'vitest';
import * as z from 'zod/mini';
import {
  type Client,
  type ConnectionState,
  createClient,
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
  });
});

describe('states', () => {
  it('narrow by name', () => {
    const { state } = careful.subscribe(1);
    if (state.name === 'waiting') expectTypeOf(state.retryAt).toEqualTypeOf<number>();
    if (state.name === 'stopped') expectTypeOf(state.reason).toExtend<string>();
    if (state.name === 'live')
      expectTypeOf(state.recovery.status).toEqualTypeOf<'fresh' | 'recovered' | 'gap'>();
    // @ts-expect-error Only a wait has an end.
    state.retryAt;
  });
});
