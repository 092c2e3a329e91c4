import { catalogue, definePublication, recommendationSchema } from '@vitalwire/protocol';
import { describe, expect, it } from 'vitest';
import { LogUnavailableError, OutcomeUnknownError, RequestError } from '../../src/errors.ts';
import { BACKEND, EFFECTIVENESS, FEEDBACK, httpBench } from './support.ts';

const FEEDBACK_PATH = '/ws/broadcast-feedback-update';
const EFFECTIVENESS_PATH = '/ws/broadcast-effectiveness-update';

const RECOMMENDATION = {
  diagnosis_id: 123,
  old_data: { herb: 'Chamomile', dosage: '2 g', frequency: 'twice a day' },
  new_data: { herb: 'Valerian', dosage: '2 g', frequency: 'in the evening', note: { with: 'honey' } },
  reason: 'no effect',
};

describe('publishing over HTTP', () => {
  it.each([
    ['/ws/broadcast-recommendation-update', 'recommendation_update', RECOMMENDATION],
    [EFFECTIVENESS_PATH, 'effectiveness_update', EFFECTIVENESS],
    [FEEDBACK_PATH, 'feedback_update', FEEDBACK],
  ])('takes a body at %s', async (path, type, sent) => {
    const { post, published } = httpBench();
    const response = await post(path, sent);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'broadcasted',
      diagnosis_id: 123,
      clients_notified: 2,
      offset: 1,
      epoch: 'e1',
    });
    const { diagnosis_id, ...body } = sent;
    expect(published).toMatchObject([
      { definition: { type }, diagnosisId: 123, to: undefined, idempotencyKey: undefined, publisher: 'anna' },
    ]);
    expect(published[0]?.body).toEqual(body);
  });

  it('passes on whom a publication is for, and not as a part of its body', async () => {
    const { post, published } = httpBench();
    await post(FEEDBACK_PATH, { ...FEEDBACK, to: 'bert' });
    expect(published[0]).toMatchObject({ to: 'bert' });
    expect(published[0]?.body).not.toHaveProperty('to');
  });

  it('drops fields that it does not know', async () => {
    const { post, published } = httpBench();
    await post(FEEDBACK_PATH, { ...FEEDBACK, mood: 'good' });
    expect(published[0]?.body).not.toHaveProperty('mood');
  });

  it('passes on the idempotency key', async () => {
    const { post, published } = httpBench();
    await post(FEEDBACK_PATH, FEEDBACK, { headers: { 'Idempotency-Key': 'a1' } });
    expect(published[0]?.idempotencyKey).toBe('a1');
  });

  it.each(['', 'x'.repeat(256)])('refuses the idempotency key %j', async (key) => {
    const { post, published } = httpBench();
    const response = await post(FEEDBACK_PATH, FEEDBACK, { headers: { 'Idempotency-Key': key } });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      error: 'invalid_body',
      issues: [{ path: 'Idempotency-Key', message: expect.stringContaining('length') }],
    });
    expect(published).toEqual([]);
  });

  it('gets an endpoint for a further type from the catalogue alone', async () => {
    const herb = { herb: 'Hops', dosage: '1 g', frequency: 'at night' };
    const herbUpdate = definePublication({
      type: 'herb_update',
      summary: 'A herb changed.',
      data: recommendationSchema,
      publish: { body: recommendationSchema, toData: (body) => body, example: herb },
    });
    const { post, published } = httpBench({ catalogue: [...catalogue, herbUpdate] });
    expect((await post('/ws/broadcast-herb-update', { diagnosis_id: 123, ...herb })).status).toBe(200);
    expect(published).toMatchObject([{ definition: { type: 'herb_update' }, body: herb }]);
    expect((await post('/ws/broadcast-herb-update', { diagnosis_id: 123 })).status).toBe(422);
  });

  it('lets the scope broadcast publish to every diagnosis', async () => {
    const { post, published } = httpBench();
    expect((await post(FEEDBACK_PATH, { ...FEEDBACK, diagnosis_id: 999 }, { token: BACKEND })).status).toBe(
      200,
    );
    expect(published).toMatchObject([{ diagnosisId: 999, publisher: 'backend' }]);
  });
});

describe('an invalid body', () => {
  it.each<[string, string, object, string, string]>([
    ['a missing field', FEEDBACK_PATH, { rating: undefined }, 'rating', 'expected'],
    ['a field of another type', FEEDBACK_PATH, { rating: '4' }, 'rating', 'expected'],
    ['null', FEEDBACK_PATH, { comment: null }, 'comment', 'expected string'],
    ['rating 6', FEEDBACK_PATH, { rating: 6 }, 'rating', 'expected at most 5'],
    ['rating 0', FEEDBACK_PATH, { rating: 0 }, 'rating', 'expected at least 1'],
    ['rating 4.5', FEEDBACK_PATH, { rating: 4.5 }, 'rating', 'expected integer'],
    ['effectiveness 1.2', FEEDBACK_PATH, { effectiveness: 1.2 }, 'effectiveness', 'expected at most 1'],
    ['effectiveness -0.1', FEEDBACK_PATH, { effectiveness: -0.1 }, 'effectiveness', 'expected at least 0'],
    ['confidence 1.2', EFFECTIVENESS_PATH, { confidence: 1.2 }, 'confidence', 'expected at most 1'],
    ['a negative sample size', EFFECTIVENESS_PATH, { sample_size: -1 }, 'sample_size', 'expected at least 0'],
    ['an id that is a list', EFFECTIVENESS_PATH, { recommendation_id: [7] }, 'recommendation_id', 'expected'],
    ['no diagnosis', FEEDBACK_PATH, { diagnosis_id: undefined }, 'diagnosis_id', 'expected'],
    ['diagnosis 0', FEEDBACK_PATH, { diagnosis_id: 0 }, 'diagnosis_id', 'expected more than 0'],
    ['diagnosis -1', FEEDBACK_PATH, { diagnosis_id: -1 }, 'diagnosis_id', 'expected more than 0'],
    ['diagnosis 1.5', FEEDBACK_PATH, { diagnosis_id: 1.5 }, 'diagnosis_id', 'expected integer'],
    ['diagnosis "abc"', FEEDBACK_PATH, { diagnosis_id: 'abc' }, 'diagnosis_id', 'expected'],
    ['diagnosis "123"', FEEDBACK_PATH, { diagnosis_id: '123' }, 'diagnosis_id', 'expected'],
    ['diagnosis 2^53', FEEDBACK_PATH, { diagnosis_id: 2 ** 53 }, 'diagnosis_id', 'expected'],
    ['an empty addressee', FEEDBACK_PATH, { to: '' }, 'to', 'expected a length of at least 1'],
    ['a number as addressee', FEEDBACK_PATH, { to: 7 }, 'to', 'expected string'],
  ])('is refused with the path of the field: %s', async (_, path, change, field, message) => {
    const { post, published } = httpBench();
    const valid = path === FEEDBACK_PATH ? FEEDBACK : EFFECTIVENESS;
    const response = await post(path, { ...valid, ...change });
    expect(response.status).toBe(422);
    expect(await response.json()).toEqual({
      error: 'invalid_body',
      message: 'the body is not valid',
      issues: [{ path: field, message: expect.stringContaining(message) }],
    });
    expect(published).toEqual([]);
  });

  it('names every wrong field, with its path inside of objects', async () => {
    const { post } = httpBench();
    const new_data = { ...RECOMMENDATION.new_data, herb: 7, dosage: '' };
    const response = await post('/ws/broadcast-recommendation-update', {
      ...RECOMMENDATION,
      new_data,
      reason: 1,
    });
    const { issues } = (await response.json()) as { issues: { path: string }[] };
    expect(issues.map(({ path }) => path).sort()).toEqual(['new_data.dosage', 'new_data.herb', 'reason']);
  });

  it.each(['[]', '7', '"text"', 'null', 'true'])('is refused when it is no object: %s', async (body) => {
    const response = await httpBench().post(FEEDBACK_PATH, body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ issues: [{ path: '', message: 'expected object' }] });
  });

  it('never quotes a value', async () => {
    const response = await httpBench().post(FEEDBACK_PATH, { ...FEEDBACK, rating: 'secret value' });
    expect(await response.text()).not.toContain('secret value');
  });

  it.each([
    '{"diagnosis_id":123,"feedback_id":1,"rating":4,"effectiveness":1,"__proto__":{"admin":true}}',
    '{"diagnosis_id":123,"feedback_id":1,"rating":4,"effectiveness":1,"constructor":{"prototype":{"admin":true}}}',
  ])('changes no prototype: %s', async (body) => {
    const { post, published } = httpBench();
    expect((await post(FEEDBACK_PATH, body)).status).toBe(200);
    expect(Object.getPrototypeOf(published[0]?.body)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    expect(published[0]?.body).toEqual({ feedback_id: 1, rating: 4, effectiveness: 1 });
  });

  it('may not hide required fields behind __proto__', async () => {
    const body = '{"diagnosis_id":123,"__proto__":{"feedback_id":1,"rating":4,"effectiveness":1}}';
    expect((await httpBench().post(FEEDBACK_PATH, body)).status).toBe(422);
  });
});

describe('a body that is not JSON', () => {
  it.each([
    ['nothing', ''],
    ['text', 'feedback'],
    ['a truncated object', '{"diagnosis_id":123,'],
    ['a form', 'diagnosis_id=123&rating=4'],
    ['NaN', '{"rating":NaN}'],
    ['two objects', '{}{}'],
    ['8,000 nested arrays', '['.repeat(8_000) + ']'.repeat(8_000)],
    ['8,000 nested objects', `${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`],
    ['65 levels', '['.repeat(65) + ']'.repeat(65)],
    ['no UTF-8', Buffer.from(JSON.stringify({ ...FEEDBACK, comment: '\xff' }), 'latin1')],
  ])('is refused: %s', async (_, body) => {
    const { post, published } = httpBench();
    const response = await post(FEEDBACK_PATH, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: 'invalid_json', message: expect.any(String) });
    expect(published).toEqual([]);
  });

  it('is named without being quoted', async () => {
    const { post, logger } = httpBench();
    const response = await post(FEEDBACK_PATH, '{"comment": secret value');
    expect(await response.text()).not.toContain('secret');
    expect(logger.text()).not.toContain('secret');
  });
});

describe('what the rest of the server says to a publication', () => {
  it.each([
    ['idempotency_conflict', 409],
    ['access_denied', 403],
    ['diagnosis_not_found', 404],
    ['invalid_body', 422],
  ] as const)('is the answer: %s is %i', async (code, status) => {
    const { post } = httpBench({ publish: () => Promise.reject(new RequestError(code, 'no')) });
    const response = await post(FEEDBACK_PATH, FEEDBACK);
    expect(response.status).toBe(status);
    expect(response.headers.get('Retry-After')).toBeNull();
    expect(await response.json()).toEqual({ error: code, message: 'no' });
  });

  it('is 503 with a time to wait when the log is unavailable', async () => {
    const error = new LogUnavailableError('the log is full', new Error('SQLITE_FULL at /var/lib/secret'));
    const { post, logger } = httpBench({ publish: () => Promise.reject(error) });
    const response = await post(FEEDBACK_PATH, FEEDBACK);
    expect(response.status).toBe(503);
    expect(response.headers.get('Retry-After')).toBe('1');
    expect(await response.json()).toEqual({ error: 'unavailable', message: 'the log is full' });
    expect(logger.lines).toMatchObject([
      { level: 'warn', fields: { code: 'unavailable', path: FEEDBACK_PATH, reason: 'the log is full' } },
    ]);
  });

  it('is 504 with a time to wait when the log was lost before it answered', async () => {
    const error = new OutcomeUnknownError(new Error('no answer from redis://secret'));
    const { post, logger } = httpBench({ publish: () => Promise.reject(error) });
    const response = await post(FEEDBACK_PATH, FEEDBACK);
    expect(response.status).toBe(504);
    expect(response.headers.get('Retry-After')).toBe('1');
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: 'outcome_unknown' });
    expect(body + logger.text()).not.toContain('secret');
  });

  it.each([
    ['an error', new TypeError('secret detail')],
    ['a text', 'secret detail'],
    ['an error of a WebSocket command', new RequestError('already_subscribed', 'secret detail')],
  ])('is 500 without details when it is unexpected: %s', async (_, thrown) => {
    const { post, logger } = httpBench({ publish: () => Promise.reject(thrown) });
    const response = await post(FEEDBACK_PATH, FEEDBACK);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret detail');
    expect(logger.lines).toMatchObject([{ level: 'error', fields: { path: FEEDBACK_PATH } }]);
    expect(logger.text()).not.toContain('secret detail');
  });
});
