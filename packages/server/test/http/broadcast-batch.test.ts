import { catalogue, definePublication, recommendationSchema } from '@vitalwire/protocol';
import { describe, expect, it } from 'vitest';
import { LogUnavailableError, OutcomeUnknownError, RequestError } from '../../src/errors.ts';
import { ANNA, BACKEND, type BenchOptions, CONTENT, EFFECTIVENESS, FEEDBACK, httpBench } from './support.ts';

const PATH = '/ws/broadcast-batch';

const feedback = { type: 'feedback_update', ...FEEDBACK };
const effectiveness = { type: 'effectiveness_update', ...EFFECTIVENESS };

interface Result {
  readonly status: string;
  readonly offset?: number;
  readonly error?: string;
  readonly issues?: readonly { path: string }[];
}

/** Sends a batch that is answered with 200. */
async function batch(messages: readonly unknown[], options: BenchOptions = {}, token = ANNA) {
  const bench = httpBench(options);
  const response = await bench.post(PATH, { messages }, { token });
  expect(response.status).toBe(200);
  const { results } = (await response.json()) as { results: Result[] };
  return { ...bench, results, codes: results.map(({ status, error }) => error ?? status) };
}

describe('publishing a batch', () => {
  it('answers each message in its place as the endpoint of its type would', async () => {
    const { results, published } = await batch([feedback, effectiveness]);
    const answer = { status: 'broadcasted', diagnosis_id: 123, clients_notified: 2, epoch: 'e1' };
    expect(results).toEqual([
      { ...answer, offset: 1 },
      { ...answer, offset: 2 },
    ]);
    const { diagnosis_id: _, ...body } = FEEDBACK;
    expect(published).toMatchObject([
      { definition: { type: 'feedback_update' }, diagnosisId: 123, to: undefined, publisher: 'anna' },
      { definition: { type: 'effectiveness_update' }, diagnosisId: 123, idempotencyKey: undefined },
    ]);
    expect(published[0]?.body).toEqual(body);
  });

  it('bounds what each message publishes like a body of its own', async () => {
    const { published } = await batch([feedback], { maxBodyBytes: 70_000 });
    expect(published).toMatchObject([{ maxBytes: 70_000 }]);
  });

  it('passes on whom a message is for and its idempotency key, and neither as a part of its body', async () => {
    const { published } = await batch([{ ...feedback, to: 'bert', idempotency_key: 'k1', mood: 'good' }]);
    expect(published[0]).toMatchObject({ to: 'bert', idempotencyKey: 'k1' });
    const { diagnosis_id: _, ...body } = FEEDBACK;
    expect(published[0]?.body).toEqual(body);
  });

  it('starts every message in one turn and in their order', async () => {
    const begun: number[] = [];
    let turns = 0;
    const messages = Array.from({ length: 1_000 }, (_, i) => ({
      ...feedback,
      diagnosis_id: (i % 7) + 1,
      feedback_id: i,
    }));
    const { codes } = await batch(
      messages,
      {
        authorize: async () => true,
        publish({ body, diagnosisId }) {
          if (begun.length === 0) queueMicrotask(() => turns++);
          expect(turns).toBe(0);
          const offset = begun.push(Number(body['feedback_id']));
          return Promise.resolve({
            status: 'broadcasted',
            diagnosis_id: diagnosisId,
            clients_notified: 0,
            offset,
            epoch: 'e',
          });
        },
      },
      ANNA,
    );
    expect(begun).toEqual(messages.map(({ feedback_id }) => feedback_id));
    expect(new Set(codes)).toEqual(new Set(['broadcasted']));
  });

  it('takes further types from the catalogue alone', async () => {
    const herb = { herb: 'Hops', dosage: '1 g', frequency: 'at night' };
    const herbUpdate = definePublication({
      type: 'herb_update',
      summary: 'A herb changed.',
      data: recommendationSchema,
      publish: { body: recommendationSchema, toData: (body) => body, example: herb },
    });
    const message = { type: 'herb_update', diagnosis_id: 123, ...herb, further: 1 };
    const { published, codes } = await batch([message, { ...message, herb: '' }], {
      catalogue: [...catalogue, herbUpdate],
    });
    expect(codes).toEqual(['broadcasted', 'invalid_body']);
    expect(published).toMatchObject([{ definition: { type: 'herb_update' } }]);
    expect(published[0]?.body).toEqual({ ...herb, further: 1 });
  });

  it('has no room for a type of the same name', () => {
    const clash = definePublication({
      type: 'batch',
      summary: 'A batch.',
      data: recommendationSchema,
      publish: {
        body: recommendationSchema,
        toData: (body) => body,
        example: { herb: 'a', dosage: 'b', frequency: 'c' },
      },
    });
    expect(() => httpBench({ catalogue: [...catalogue, clash] })).toThrow(
      expect.objectContaining({ name: 'OptionError', option: 'catalogue' }),
    );
  });
});

describe('a message that is refused', () => {
  it.each<[string, unknown, string, string]>([
    ['a missing field', { ...feedback, rating: undefined }, 'rating', 'expected'],
    ['rating 6', { ...feedback, rating: 6 }, 'rating', 'expected at most 5'],
    ['no diagnosis', { ...feedback, diagnosis_id: undefined }, 'diagnosis_id', 'expected'],
    ['an empty addressee', { ...feedback, to: '' }, 'to', 'expected a length of at least 1'],
    [
      'an empty key',
      { ...feedback, idempotency_key: '' },
      'idempotency_key',
      'expected a length of at least 1',
    ],
    ['a key that is a number', { ...feedback, idempotency_key: 7 }, 'idempotency_key', 'expected string'],
    ['no type', FEEDBACK, 'type', 'expected "recommendation_update" or "effectiveness_update" or "feedback_'],
    ['an unknown type', { ...feedback, type: 'mood_update' }, 'type', 'expected "recommendation_update"'],
    ['a type that cannot be published', { type: 'pong', diagnosis_id: 123 }, 'type', 'expected'],
    ['a type that is inherited', { ...feedback, type: 'constructor' }, 'type', 'expected'],
    ['null', null, 'type', 'expected'],
    ['a text', 'feedback_update', 'type', 'expected'],
    ['a list', [feedback], 'type', 'expected'],
  ])('does not stop the others: %s', async (_, message, path, expected) => {
    const { results, published } = await batch([feedback, message, effectiveness]);
    expect(results).toEqual([
      expect.objectContaining({ status: 'broadcasted', offset: 1 }),
      {
        status: 'refused',
        error: 'invalid_body',
        message: 'the message is not valid',
        issues: [{ path, message: expect.stringContaining(expected) }],
      },
      expect.objectContaining({ status: 'broadcasted', offset: 2 }),
    ]);
    expect(published).toHaveLength(2);
  });

  it.each([
    ['idempotency_conflict', new RequestError('idempotency_conflict', 'another body')],
    ['unavailable', new LogUnavailableError('the log is full', new Error('/var/lib/secret'))],
    ['outcome_unknown', new OutcomeUnknownError(new Error('redis://secret'))],
    ['internal_error', new TypeError('secret detail')],
  ])('says what the rest of the server said of it alone: %s', async (code, error) => {
    const { results, codes, logger } = await batch([feedback, { ...feedback, rating: 1 }, feedback], {
      publish: async ({ body, diagnosisId }) => {
        if (body['rating'] === 1) throw error;
        return {
          status: 'broadcasted',
          diagnosis_id: diagnosisId,
          clients_notified: 0,
          offset: 1,
          epoch: 'e',
        };
      },
    });
    expect(codes).toEqual(['broadcasted', code, 'broadcasted']);
    expect(JSON.stringify(results) + logger.text()).not.toContain('secret');
    expect(logger.lines).toMatchObject([{ fields: { path: PATH, messages: 1 } }]);
  });

  it('never has its values repeated, in the answer or in the log', async () => {
    const { results, logger } = await batch([
      { ...feedback, rating: CONTENT },
      { ...feedback, type: CONTENT },
    ]);
    expect(JSON.stringify(results) + logger.text()).not.toContain(CONTENT);
  });

  it('is logged once for each reason, however many there are', async () => {
    const wrong = Array.from({ length: 400 }, () => ({ ...feedback, rating: 9 }));
    const foreign = Array.from({ length: 300 }, (_, i) => ({ ...feedback, diagnosis_id: 1_000 + i }));
    const { logger } = await batch([...wrong, feedback, ...foreign]);
    expect(logger.lines.map(({ level, fields }) => [level, fields['code'], fields['messages']])).toEqual([
      ['info', 'invalid_body', 400],
      ['info', 'access_denied', 300],
    ]);
  });
});

describe('who may publish a batch', () => {
  it('is decided for each diagnosis, and once for each', async () => {
    const asked: number[] = [];
    const { codes, published } = await batch(
      [123, 124, 404, 123, 124, 123].map((diagnosis_id) => ({ ...feedback, diagnosis_id })),
      {
        authorize(_, action, diagnosisId) {
          expect(action).toBe('publish');
          asked.push(diagnosisId);
          return diagnosisId === 404 ? 'not_found' : diagnosisId === 123;
        },
      },
    );
    expect(asked).toEqual([123, 124, 404]);
    expect(codes).toEqual([
      'broadcasted',
      'access_denied',
      'diagnosis_not_found',
      'broadcasted',
      'access_denied',
      'broadcasted',
    ]);
    expect(published.map(({ diagnosisId }) => diagnosisId)).toEqual([123, 123, 123]);
  });

  it('is not asked for messages that are refused anyway', async () => {
    const asked: number[] = [];
    const authorize = (_: unknown, __: unknown, diagnosisId: number) => asked.push(diagnosisId) > 0;
    await batch([{ ...feedback, diagnosis_id: 7, rating: 6 }, feedback], { authorize });
    expect(asked).toEqual([123]);
  });

  it('is everybody with the scope broadcast', async () => {
    const messages = [1, 2, 3].map((diagnosis_id) => ({ ...feedback, diagnosis_id }));
    const { codes, published } = await batch(messages, { authorize: () => false }, BACKEND);
    expect(codes).toEqual(['broadcasted', 'broadcasted', 'broadcasted']);
    expect(published[0]).toMatchObject({ publisher: 'backend' });
  });

  it('is asked for at most 50 diagnoses at a time, and for no more when there is no decision', async () => {
    let asking = 0;
    let most = 0;
    let questions = 0;
    const messages = Array.from({ length: 1_000 }, (_, i) => ({ ...feedback, diagnosis_id: i + 1 }));
    const { codes, published } = await batch(messages, {
      async authorize(_, __, diagnosisId) {
        questions++;
        most = Math.max(most, ++asking);
        await new Promise(setImmediate);
        asking--;
        if (diagnosisId === 130) throw new Error('the backend is down');
        return true;
      },
    });
    expect(most).toBe(50);
    expect(questions).toBeLessThanOrEqual(200);
    expect(codes[129]).toBe('unavailable');
    expect(codes.filter((code) => code === 'broadcasted').length).toBe(published.length);
    expect(codes.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => 'broadcasted'));
    expect(new Set(codes.slice(200))).toEqual(new Set(['unavailable']));
  });
});

describe('a batch that is refused as a whole', () => {
  it.each<[string, unknown, number, string, string | undefined]>([
    ['an empty list', { messages: [] }, 422, 'invalid_body', 'messages'],
    ['1,001 messages', { messages: Array.from({ length: 1_001 }, () => 0) }, 422, 'invalid_body', 'messages'],
    ['no list', { messages: feedback }, 422, 'invalid_body', 'messages'],
    ['no messages', {}, 422, 'invalid_body', 'messages'],
    ['a list alone', [feedback], 422, 'invalid_body', ''],
    ['one message alone', feedback, 422, 'invalid_body', 'messages'],
    ['no JSON', '{"messages":[', 400, 'invalid_json', undefined],
    ['67 levels', `{"messages":[${'['.repeat(65)}${']'.repeat(65)}]}`, 400, 'invalid_json', undefined],
    ['no UTF-8', Buffer.from('{"messages":["\xff"]}', 'latin1'), 400, 'invalid_json', undefined],
  ])('publishes nothing: %s', async (_, body, status, error, path) => {
    const { post, published } = httpBench();
    const response = await post(PATH, body);
    expect(response.status).toBe(status);
    const answer = (await response.json()) as Result;
    expect(answer).toMatchObject({ error, ...(path !== undefined && { issues: [{ path }] }) });
    expect(published).toEqual([]);
  });

  it('lets a message nest as deep as a body of its own', async () => {
    const deep = `{"type":"feedback_update","more":${'['.repeat(63)}${']'.repeat(63)}}`;
    const response = await httpBench().post(PATH, `{"messages":[${deep}]}`);
    expect(response.status).toBe(200);
  });

  it('may have 8 MiB, and not a byte more', async () => {
    const text = JSON.stringify({ messages: [feedback] });
    const { post, published } = httpBench();
    expect((await post(PATH, text.padEnd(8_388_608))).status).toBe(200);
    const response = await post(PATH, text.padEnd(8_388_609));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      message: 'the body may have at most 8388608 bytes',
    });
    expect(published).toHaveLength(1);
  });

  it('has the limit that the option says', async () => {
    expect((await httpBench({ maxBatchBytes: 20 }).post(PATH, { messages: [feedback] })).status).toBe(413);
  });

  it('needs a token, before its body is read', async () => {
    const response = await httpBench().post(PATH, '{', { token: '' });
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer');
  });

  it('is one with the header of one publication, which would make no retry safe', async () => {
    const { post, published } = httpBench();
    const response = await post(PATH, { messages: [feedback] }, { headers: { 'Idempotency-Key': 'k' } });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ issues: [{ path: 'Idempotency-Key' }] });
    expect(published).toEqual([]);
  });

  it('is refused for another type or method like one publication', async () => {
    const { post } = httpBench();
    const headers = { 'content-type': 'text/plain' };
    expect((await post(PATH, { messages: [feedback] }, { headers })).status).toBe(415);
    expect((await post(PATH, { messages: [feedback] }, { method: 'PUT' })).status).toBe(405);
  });
});
