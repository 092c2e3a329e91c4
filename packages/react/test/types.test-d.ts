import {
  type AnyPublication,
  type Client,
  createClient,
  type Publication,
  type Snapshot,
} from '@vitalwire/client';
import {
  catalogue,
  definePublication,
  type Recommendation,
  type StandardCatalogue,
} from '@vitalwire/protocol';
import { describe, expectTypeOf, it } from 'vitest';
import * as z from 'zod/mini';
import {
  type DiagnosisView,
  type RegisteredClient,
  type RegisteredHandlesGaps,
  useClient,
  useConnectionState,
  useDiagnosis,
  useUpdates,
  type VitalwireProviderProps,
} from '../src/index.ts';
import type { CatalogueOf, ClientOf, HandlesGaps } from '../src/register.ts';

const options = { url: 'ws://host/ws', getToken: () => 'token' };

interface Diagnosis {
  readonly herb: string;
}
declare function loadSnapshot(): Promise<Snapshot<Diagnosis>>;

describe('useDiagnosis', () => {
  it('gives the latest of each type of the catalogue', () => {
    const { latest, data } = useDiagnosis(1, { onGap: 'ignore' });
    expectTypeOf(latest.effectiveness_update).toEqualTypeOf<
      Publication<'effectiveness_update'> | undefined
    >();
    expectTypeOf(latest.recommendation_update?.data.new_recommendation).toEqualTypeOf<
      Recommendation | undefined
    >();
    // @ts-expect-error There is no such type.
    latest.mood_update;
    expectTypeOf(data).toEqualTypeOf<undefined>();
  });

  it('asks what happens at a gap', () => {
    // @ts-expect-error Nothing says what happens at a gap.
    useDiagnosis(1);
    // @ts-expect-error Nothing says what happens at a gap.
    useDiagnosis(1, {});
    // @ts-expect-error Nothing says what happens at a gap.
    useDiagnosis(1, { after: 'latest' });
    // @ts-expect-error `'skip'` is no way to handle a gap.
    useDiagnosis(1, { onGap: 'skip' });
    useDiagnosis(null, { onGap: ({ reason }) => void reason });
    useDiagnosis(undefined, { onGap: 'ignore', onHandlerError: 'stop' });
  });

  it('has the state of its snapshot, which it knows how to bring up to date', () => {
    const { data } = useDiagnosis(1, {
      loadSnapshot,
      reduce(diagnosis, publication) {
        expectTypeOf(diagnosis).toEqualTypeOf<Diagnosis>();
        expectTypeOf(publication).toEqualTypeOf<AnyPublication>();
        return diagnosis;
      },
    });
    expectTypeOf(data).toEqualTypeOf<Diagnosis | undefined>();
    // @ts-expect-error A state that is not brought up to date is wrong with the next publication.
    useDiagnosis(1, { loadSnapshot });
    // @ts-expect-error There is no state to begin with.
    useDiagnosis(1, { onGap: 'ignore', reduce: (state: Diagnosis) => state });
    // @ts-expect-error The snapshot says where to start.
    useDiagnosis(1, { loadSnapshot, reduce: (state) => state, after: 'latest' });
  });
});

describe('useUpdates', () => {
  it('types its handler by the name', () => {
    useUpdates(
      1,
      'feedback_update',
      (data, publication, { commit }) => {
        expectTypeOf(data.rating).toEqualTypeOf<number>();
        expectTypeOf(publication.recovered).toEqualTypeOf<boolean>();
        commit();
      },
      { onGap: 'ignore', commit: 'manual' },
    );
    useUpdates(1, 'publication', (publication) => expectTypeOf(publication).toEqualTypeOf<AnyPublication>(), {
      onGap: 'ignore',
    });
    // @ts-expect-error There is no such type.
    useUpdates(1, 'mood_update', () => {}, { onGap: 'ignore' });
  });

  it('asks what happens at a gap', () => {
    // @ts-expect-error Nothing says what happens at a gap.
    useUpdates(1, 'feedback_update', () => {});
    useUpdates(1, 'feedback_update', () => {}, {
      loadSnapshot,
      onSnapshot: (state) => expectTypeOf(state).toEqualTypeOf<Diagnosis>(),
    });
  });
});

describe('useConnectionState', () => {
  it('gives the state, or what is made of it', () => {
    expectTypeOf(useConnectionState().name).toExtend<string>();
    expectTypeOf(useConnectionState(({ name }) => name === 'connected')).toEqualTypeOf<boolean>();
  });
});

describe('the provider', () => {
  it('takes a client or its options, and not both', () => {
    const client = createClient(options);
    expectTypeOf({ client }).toExtend<VitalwireProviderProps>();
    expectTypeOf(options).toExtend<VitalwireProviderProps>();
    expectTypeOf({ ...options, client }).not.toExtend<VitalwireProviderProps>();
    expectTypeOf({}).not.toExtend<VitalwireProviderProps>();
    expectTypeOf({
      client: createClient({ ...options, onGap: 'ignore' }),
    }).toExtend<VitalwireProviderProps>();
  });
});

describe('a registered client', () => {
  const sixth = definePublication({
    type: 'dose_update',
    summary: 'The dose changed.',
    data: z.object({ dose_mg: z.number() }),
    publish: { body: z.object({ dose_mg: z.number() }), toData: (body) => body, example: { dose_mg: 1 } },
  });

  it('gives its message types and its handling of gaps', () => {
    const client = createClient({ ...options, onGap: 'ignore', catalogue: [...catalogue, sixth] });
    type Own = ClientOf<{ client: typeof client }>;
    expectTypeOf<Own>().toEqualTypeOf<typeof client>();
    expectTypeOf<HandlesGaps<Own>>().toEqualTypeOf<true>();
    expectTypeOf<Publication<'dose_update', CatalogueOf<Own>>['data']>().toEqualTypeOf<{ dose_mg: number }>();
  });

  it('is the standard one, which handles no gaps, where none is', () => {
    expectTypeOf<RegisteredClient>().toEqualTypeOf<Client>();
    expectTypeOf<RegisteredHandlesGaps>().toEqualTypeOf<false>();
    expectTypeOf<CatalogueOf<Client>>().toEqualTypeOf<StandardCatalogue>();
    expectTypeOf(useClient()).toEqualTypeOf<Client | undefined>();
    expectTypeOf<DiagnosisView<number>['data']>().toEqualTypeOf<number | undefined>();
  });
});
