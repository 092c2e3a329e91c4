import { assertType, describe, expectTypeOf, it } from 'vitest';
import {
  type CloseReason,
  catalogue,
  createMessageDecoder,
  type DataOf,
  definePublication,
  type ErrorCode,
  feedbackUpdate,
  type PublicationMessage,
  type PublicationType,
  type PublishBody,
  type Recovery,
  type ServerMessage,
} from '../src/index.ts';
import type { extendedCatalogue } from './support/dose-update.ts';

type Extended = typeof extendedCatalogue;

describe('PublicationType', () => {
  it('names what can be published, and nothing else', () => {
    expectTypeOf<PublicationType>().toEqualTypeOf<
      'recommendation_update' | 'effectiveness_update' | 'feedback_update'
    >();
  });

  it('grows with the catalogue', () => {
    expectTypeOf<PublicationType<Extended>>().toEqualTypeOf<PublicationType | 'dose_update'>();
  });
});

describe('DataOf', () => {
  it('is what the schema of the type says', () => {
    expectTypeOf<DataOf<'feedback_update'>>().toEqualTypeOf<{
      feedback_id: string | number;
      rating: number;
      effectiveness: number;
      recommendation_id?: string | number | undefined;
      comment?: string | undefined;
    }>();
    expectTypeOf<DataOf<'connect'>['recovery']>().toEqualTypeOf<Recovery>();
    expectTypeOf<DataOf<'recommendation_update'>['changed_fields']>().toEqualTypeOf<string[]>();
  });

  it('knows the types of another catalogue', () => {
    expectTypeOf<DataOf<'dose_update', Extended>['change_mg']>().toEqualTypeOf<number>();
  });
});

describe('PublishBody', () => {
  it('holds what a publisher gives, without what the server computes', () => {
    expectTypeOf<PublishBody<'recommendation_update'>>().toHaveProperty('old_data');
    expectTypeOf<PublishBody<'recommendation_update'>>().not.toHaveProperty('changed_fields');
    expectTypeOf<PublishBody<'effectiveness_update'>>().not.toHaveProperty('improvement');
    expectTypeOf<PublishBody<'dose_update', Extended>>().toEqualTypeOf<{
      dose_mg: number;
      previous_mg?: number | undefined;
    }>();
  });

  it('does not exist for what cannot be published', () => {
    expectTypeOf<PublishBody<'connect'>>().toBeNever();
  });

  it('lets recommendations carry further fields', () => {
    const recommendation = { herb: 'a', dosage: 'b', frequency: 'c', origin: 'd' };
    assertType<PublishBody<'recommendation_update'>>({
      old_data: recommendation,
      new_data: recommendation,
      reason: 'x',
    });
  });

  it('demands the required fields', () => {
    // @ts-expect-error rating is missing
    assertType<PublishBody<'feedback_update'>>({ feedback_id: 1, effectiveness: 1 });
  });
});

describe('PublicationMessage', () => {
  it('is told apart by its type', () => {
    const message = {} as PublicationMessage;
    if (message.type === 'feedback_update')
      expectTypeOf(message.data).toEqualTypeOf<DataOf<'feedback_update'>>();
    if (message.type === 'effectiveness_update')
      expectTypeOf(message.data.confidence).toEqualTypeOf<number>();
    expectTypeOf(message.offset).toEqualTypeOf<number>();
  });
});

describe('the message decoder', () => {
  it('gives the messages of its catalogue, or what is invalid', () => {
    const result = createMessageDecoder(catalogue)('');
    if ('message' in result) expectTypeOf(result.message).toEqualTypeOf<ServerMessage>();
    else
      expectTypeOf(result.invalid.position).toEqualTypeOf<
        { readonly epoch: string; readonly offset: number } | undefined
      >();
  });
});

describe('definePublication', () => {
  it('refuses a step that does not lead to the data', () => {
    definePublication({
      ...feedbackUpdate,
      // @ts-expect-error rating is a number on the wire
      publish: { ...feedbackUpdate.publish, toData: (body) => ({ ...body, rating: 'good' }) },
    });
  });
});

describe('codes', () => {
  it('are known by name', () => {
    expectTypeOf<'token_expired'>().toExtend<CloseReason>();
    expectTypeOf<'idempotency_conflict'>().toExtend<ErrorCode>();
    expectTypeOf<'moon_phase'>().not.toExtend<CloseReason | ErrorCode>();
  });
});
