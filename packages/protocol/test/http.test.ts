import { describe, expect, it } from 'vitest';
import {
  addressSchema,
  batchAnswerSchema,
  batchBodySchema,
  batchMessageSchema,
  batchSchema,
  broadcastAnswerSchema,
  broadcastBodySchema,
  broadcastPath,
  catalogue,
  effectivenessUpdate,
  errorBodySchema,
  feedbackUpdate,
  idempotencyKeySchema,
  publicationsOf,
  recommendationUpdate,
  statusSchema,
} from '../src/index.ts';
import { describeSchema, without } from './support/describe-schema.ts';

describe('broadcastPath', () => {
  it('writes underscores as dashes', () => {
    expect(broadcastPath('side_effect_update')).toBe('/ws/broadcast-side-effect-update');
    expect(publicationsOf(catalogue).map(({ type }) => broadcastPath(type))).toEqual([
      '/ws/broadcast-recommendation-update',
      '/ws/broadcast-effectiveness-update',
      '/ws/broadcast-feedback-update',
    ]);
  });
});

describeSchema('addressSchema', addressSchema, {
  accepts: { 'a diagnosis': { diagnosis_id: 123 }, 'a diagnosis and a user': { diagnosis_id: 123, to: '7' } },
  rejects: {
    'no diagnosis': [{}, 'diagnosis_id'],
    'a number as user': [{ diagnosis_id: 123, to: 7 }, 'to'],
    'an empty user': [{ diagnosis_id: 123, to: '' }, 'to'],
    'null as user': [{ diagnosis_id: 123, to: null }, 'to'],
  },
});

describeSchema('idempotencyKeySchema', idempotencyKeySchema, {
  accepts: { 'one character': 'k', '255 characters': 'k'.repeat(255) },
  rejects: { 'an empty text': ['', ''], '256 characters': ['k'.repeat(256), ''], 'a number': [1, ''] },
});

const feedback = { diagnosis_id: 123, feedback_id: 311, rating: 4, effectiveness: 0.8 };

describeSchema('the body of broadcast-feedback-update', broadcastBodySchema(feedbackUpdate), {
  accepts: { 'fields and diagnosis': feedback, 'an addressed publication': { ...feedback, to: '7' } },
  rejects: {
    'a missing diagnosis': [without(feedback, 'diagnosis_id'), 'diagnosis_id'],
    'diagnosis 0': [{ ...feedback, diagnosis_id: 0 }, 'diagnosis_id'],
    'diagnosis -1': [{ ...feedback, diagnosis_id: -1 }, 'diagnosis_id'],
    'diagnosis 1.5': [{ ...feedback, diagnosis_id: 1.5 }, 'diagnosis_id'],
    'diagnosis "abc"': [{ ...feedback, diagnosis_id: 'abc' }, 'diagnosis_id'],
    'diagnosis "123"': [{ ...feedback, diagnosis_id: '123' }, 'diagnosis_id'],
    'diagnosis 2^53': [{ ...feedback, diagnosis_id: 2 ** 53 }, 'diagnosis_id'],
    'rating 6': [{ ...feedback, rating: 6 }, 'rating'],
    'a list': [[feedback], ''],
    null: [null, ''],
  },
});

describe('a body', () => {
  it.each([recommendationUpdate, effectivenessUpdate, feedbackUpdate])(
    'is accepted as the example of its definition shows it: $type',
    (definition) => {
      const body = { diagnosis_id: 123, ...definition.publish.example };
      expect(broadcastBodySchema(definition).parse(body)).toEqual(body);
    },
  );

  it('loses unknown fields, __proto__ among them, and no prototype changes', () => {
    const text = JSON.stringify({ ...feedback, admin: true }).replace('{', '{"__proto__":{"rating":1},');
    const read = broadcastBodySchema(feedbackUpdate).parse(JSON.parse(text));
    expect(read).toEqual(feedback);
    expect(Object.keys(read)).not.toContain('__proto__');
    expect(Object.keys(read)).not.toContain('admin');
  });
});

const answer = { status: 'broadcasted', diagnosis_id: 123, clients_notified: 0, offset: 1, epoch: 'e' };

describeSchema('broadcastAnswerSchema', broadcastAnswerSchema, {
  accepts: { 'an answer': answer },
  rejects: {
    'another status': [{ ...answer, status: 'queued' }, 'status'],
    'a missing offset': [without(answer, 'offset'), 'offset'],
    'a missing epoch': [without(answer, 'epoch'), 'epoch'],
    'a missing diagnosis': [without(answer, 'diagnosis_id'), 'diagnosis_id'],
    'fewer than no clients': [{ ...answer, clients_notified: -1 }, 'clients_notified'],
  },
});

const status = {
  total_diagnoses: 0,
  total_connections: 0,
  connections_by_diagnosis: {},
  queued_messages_by_diagnosis: {},
};

describeSchema('statusSchema', statusSchema, {
  accepts: {
    'a fresh server': status,
    'a busy server': {
      ...status,
      connections_by_diagnosis: { 123: 2 },
      queued_messages_by_diagnosis: { 123: 1 },
    },
  },
  rejects: {
    'a missing total': [without(status, 'total_connections'), 'total_connections'],
    'a missing map': [without(status, 'connections_by_diagnosis'), 'connections_by_diagnosis'],
    'half a connection': [
      { ...status, connections_by_diagnosis: { 123: 0.5 } },
      'connections_by_diagnosis.123',
    ],
  },
});

describeSchema('errorBodySchema', errorBodySchema, {
  accepts: {
    'code and message': { error: 'not_found', message: 'no such path' },
    issues: {
      error: 'invalid_body',
      message: 'no',
      issues: [{ path: 'rating', message: 'expected at most 5' }],
    },
  },
  rejects: {
    'a missing code': [{ message: 'no' }, 'error'],
    'a missing message': [{ error: 'not_found' }, 'message'],
    'an issue without a path': [{ error: 'x', message: 'y', issues: [{ message: 'z' }] }, 'issues.0.path'],
  },
});

const message = { type: 'feedback_update', ...feedback };

describeSchema('batchSchema', batchSchema, {
  accepts: {
    'one message': { messages: [message] },
    'what is no message, which is judged for itself': { messages: [null, 7, 'x'] },
    '1,000 messages': { messages: Array.from({ length: 1_000 }, () => message) },
  },
  rejects: {
    'no list': [{ messages: message }, 'messages'],
    'an empty list': [{ messages: [] }, 'messages'],
    '1,001 messages': [{ messages: Array.from({ length: 1_001 }, () => message) }, 'messages'],
    'nothing named messages': [{ message }, 'messages'],
    'a list alone': [[message], ''],
  },
});

describeSchema('a message of a batch', batchMessageSchema(feedbackUpdate), {
  accepts: {
    'fields, diagnosis and type': message,
    'one with an idempotency key': { ...message, idempotency_key: 'k'.repeat(255) },
    'an addressed one': { ...message, to: '7' },
  },
  rejects: {
    'no type': [feedback, 'type'],
    'another type': [{ ...message, type: 'effectiveness_update' }, 'type'],
    'an empty idempotency key': [{ ...message, idempotency_key: '' }, 'idempotency_key'],
    'an idempotency key of 256 characters': [
      { ...message, idempotency_key: 'k'.repeat(256) },
      'idempotency_key',
    ],
    'a number as idempotency key': [{ ...message, idempotency_key: 7 }, 'idempotency_key'],
    'no diagnosis': [without(message, 'diagnosis_id'), 'diagnosis_id'],
    'rating 6': [{ ...message, rating: 6 }, 'rating'],
  },
});

describeSchema('batchBodySchema', batchBodySchema(catalogue), {
  accepts: {
    'messages of several types': {
      messages: [
        message,
        { type: 'effectiveness_update', diagnosis_id: 1, ...effectivenessUpdate.publish.example },
      ],
    },
  },
  rejects: {
    'a type that cannot be published': [{ messages: [{ type: 'pong', diagnosis_id: 1 }] }, 'messages.0'],
  },
});

describeSchema('batchAnswerSchema', batchAnswerSchema, {
  accepts: {
    'what became of each': {
      results: [
        answer,
        { status: 'refused', error: 'access_denied', message: 'no' },
        {
          status: 'refused',
          error: 'invalid_body',
          message: 'no',
          issues: [{ path: 'rating', message: 'no' }],
        },
      ],
    },
  },
  rejects: {
    'another status': [{ results: [{ ...answer, status: 'queued' }] }, 'results.0.status'],
    'a refusal without a code': [{ results: [{ status: 'refused', message: 'no' }] }, 'results.0.error'],
  },
});
