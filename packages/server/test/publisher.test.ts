import { effectivenessUpdate, feedbackUpdate, recommendationUpdate } from '@vitalwire/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBroadcast } from '../src/broadcast.ts';
import { systemClock } from '../src/clock.ts';
import { OutcomeUnknownError } from '../src/errors.ts';
import type { PublishRequest } from '../src/http/dependencies.ts';
import { Hub } from '../src/hub.ts';
import type { LogStore } from '../src/log/log-store.ts';
import { memoryLog } from '../src/log/memory.ts';
import { createMetrics } from '../src/metrics.ts';
import { Publisher } from '../src/publisher.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';
import { recordingLogger } from './support/recording-logger.ts';

const PAGE = { publications: 100, size: 1_000_000 };
const BODY = {
  recommendation_id: 7,
  new_effectiveness: 0.8,
  confidence: 0.9,
  sample_size: 3,
  old_effectiveness: 0.7,
};

function setUp(append?: LogStore['append']) {
  const clock = new ManualClock();
  const logger = recordingLogger();
  const log = memoryLog();
  const metrics = createMetrics();
  if (append) log.append = append;
  onTestFinished(() => log.close());
  const publisher = new Publisher({
    log,
    hub: new Hub(systemClock),
    clock,
    logger,
    metrics,
  });
  const request = (fields: Partial<PublishRequest> = {}): PublishRequest => ({
    definition: effectivenessUpdate,
    diagnosisId: 5,
    body: BODY,
    publisher: 'p1',
    ...fields,
  });
  const texts = async (topic = 5) => (await log.read(topic, 0, PAGE)).publications.map(({ text }) => text);
  return { clock, log, logger, metrics, publisher, request, texts };
}

describe('Publisher', () => {
  it('appends the wire data, computed once, and answers with its place', async () => {
    const { clock, log, publisher, request, texts } = setUp();
    const answer = await publisher.publish(request());
    const { epoch } = await log.state(5);
    expect(answer).toEqual({ status: 'broadcasted', diagnosis_id: 5, clients_notified: 0, offset: 1, epoch });
    expect((await texts()).map((text) => JSON.parse(text) as unknown)).toEqual([
      {
        type: 'effectiveness_update',
        diagnosis_id: 5,
        data: { ...BODY, improvement: 0.1 },
        timestamp: new Date(clock.now()).toISOString(),
      },
    ]);
  });

  it('answers a repeated key with the first answer and publishes nothing', async () => {
    const { clock, publisher, request, texts } = setUp();
    const first = await publisher.publish(request({ idempotencyKey: 'k' }));
    clock.advance(60_000);
    await publisher.publish(request());
    expect(await publisher.publish(request({ idempotencyKey: 'k' }))).toEqual(first);
    expect(await texts()).toHaveLength(2);
  });

  it('publishes once when two with the same key come at once', async () => {
    const { publisher, request, texts } = setUp();
    const twice = [
      publisher.publish(request({ idempotencyKey: 'k' })),
      publisher.publish(request({ idempotencyKey: 'k' })),
    ];
    const [a, b] = await Promise.all(twice);
    expect(a).toEqual(b);
    expect(await texts()).toHaveLength(1);
  });

  it('refuses a key that came with another body or another recipient', async () => {
    const { publisher, request } = setUp();
    await publisher.publish(request({ idempotencyKey: 'k' }));
    const other = { ...BODY, confidence: 0.1 };
    await expect(publisher.publish(request({ idempotencyKey: 'k', body: other }))).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
    await expect(publisher.publish(request({ idempotencyKey: 'k', to: 'u1' }))).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('keeps the keys of two publishers and two diagnoses apart', async () => {
    const { publisher, request, texts } = setUp();
    await publisher.publish(request({ idempotencyKey: 'k' }));
    await publisher.publish(request({ idempotencyKey: 'k', publisher: 'p2' }));
    await publisher.publish(request({ idempotencyKey: 'k', diagnosisId: 6 }));
    expect(await texts(5)).toHaveLength(2);
    expect(await texts(6)).toHaveLength(1);
  });

  it('refuses a body that no reader could take', async () => {
    const { publisher, request, texts } = setUp();
    const cycle: Record<string, unknown> = { herb: 'a', dosage: 'b', frequency: 'c' };
    cycle['self'] = cycle;
    let deep: unknown = 1;
    for (let i = 0; i < 70; i++) deep = [deep];
    const old_data = { herb: 'a', dosage: 'b', frequency: 'c' };
    for (const new_data of [cycle, { ...old_data, deep }]) {
      const body = { old_data, new_data, reason: 'r' };
      await expect(
        publisher.publish(request({ definition: recommendationUpdate, body })),
      ).rejects.toMatchObject({ code: 'invalid_body' });
    }
    expect(await texts()).toEqual([]);
  });

  it('bounds the bytes of what is published, where it is told to', async () => {
    const { publisher, request, texts } = setUp();
    const body = { feedback_id: 1, rating: 4, effectiveness: 1, comment: 'ä'.repeat(100) };
    const feedback = (maxBytes: number) => request({ definition: feedbackUpdate, body, maxBytes });
    await publisher.publish(feedback(1_000));
    const bytes = Buffer.byteLength((await texts())[0] ?? '');
    await publisher.publish(feedback(bytes));
    await expect(publisher.publish(feedback(bytes - 1))).rejects.toMatchObject({ code: 'body_too_big' });
    expect(await texts()).toHaveLength(2);
  });

  it('refuses new work while it closes, and finishes what was accepted', async () => {
    const { publisher, request, texts } = setUp();
    const accepted = publisher.publish(request());
    const closing = publisher.close();
    await expect(publisher.publish(request())).rejects.toMatchObject({
      code: 'unavailable',
      temporary: true,
    });
    await closing;
    await expect(accepted).resolves.toMatchObject({ offset: 1 });
    expect(await texts()).toHaveLength(1);
  });

  it('reports a log that is gone as temporary', async () => {
    const { log, logger, publisher, request } = setUp();
    await log.close();
    await expect(publisher.publish(request())).rejects.toMatchObject({
      code: 'unavailable',
      temporary: true,
    });
    expect(logger.lines).toMatchObject([{ level: 'error', message: 'publication not appended' }]);
  });

  it('reports an append whose answer was lost as temporary, and as what it is', async () => {
    const { logger, publisher, request } = setUp(() => Promise.reject(new OutcomeUnknownError()));
    await expect(publisher.publish(request())).rejects.toMatchObject({
      code: 'outcome_unknown',
      temporary: true,
    });
    expect(logger.lines).toMatchObject([{ level: 'error', message: 'publication perhaps appended' }]);
  });

  it('answers with the subscriptions that the log store counts, also when the key is repeated', async () => {
    const position = { epoch: 'e', offset: 1 };
    let duplicateOf: string | undefined;
    const { publisher, request } = setUp(async (_, { idempotency }) => {
      const appended = { position, recipients: 4, ...(duplicateOf !== undefined && { duplicateOf }) };
      duplicateOf ??= idempotency?.memo;
      return appended;
    });
    const first = await publisher.publish(request({ idempotencyKey: 'k' }));
    expect(first).toMatchObject({ clients_notified: 4 });
    expect(duplicateOf).toBeDefined();
    expect(await publisher.publish(request({ idempotencyKey: 'k' }))).toEqual(first);
  });
});

/** Takes `appendAll` away from a log. */
function onlyAppend(log: LogStore): LogStore {
  return Object.assign(log, { appendAll: undefined });
}

describe.each(['appendAll', 'append'])('publishing many, with a log that has %s', (method) => {
  function setUpMany(append?: LogStore['append']) {
    const made = setUp(append);
    if (method === 'append') onlyAppend(made.log);
    return made;
  }

  it('answers each in its place, and gives offsets in their order', async () => {
    const { log, metrics, publisher, request, texts } = setUpMany();
    const outcomes = await publisher.publishAll(
      [5, 6, 5].map((diagnosisId, index) => request({ diagnosisId, body: { ...BODY, sample_size: index } })),
    );
    const [five, six] = [(await log.state(5)).epoch, (await log.state(6)).epoch];
    const answer = { status: 'broadcasted', clients_notified: 0 };
    expect(outcomes).toEqual([
      { status: 'fulfilled', value: { ...answer, diagnosis_id: 5, offset: 1, epoch: five } },
      { status: 'fulfilled', value: { ...answer, diagnosis_id: 6, offset: 1, epoch: six } },
      { status: 'fulfilled', value: { ...answer, diagnosis_id: 5, offset: 2, epoch: five } },
    ]);
    const sizes = async (topic: number) =>
      (await texts(topic)).map((text) => (JSON.parse(text) as { data: typeof BODY }).data.sample_size);
    expect([await sizes(5), await sizes(6)]).toEqual([[0, 2], [1]]);
    const { text } = await metrics.expose();
    expect(text).toContain('vitalwire_publications_total{type="effectiveness_update"} 3');
    expect(text).toContain('vitalwire_publish_seconds_count 1\n');
  });

  it('refuses what cannot be written, and publishes the rest', async () => {
    const { publisher, request, texts } = setUpMany();
    const cycle: Record<string, unknown> = { ...BODY };
    cycle['herb'] = cycle;
    const outcomes = await publisher.publishAll([
      request({ maxBytes: 10 }),
      request(),
      request({ body: cycle }),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'body_too_big' } },
      { status: 'fulfilled', value: { offset: 1 } },
      { status: 'rejected', reason: { code: 'invalid_body' } },
    ]);
    expect(await texts()).toHaveLength(1);
  });

  it('publishes a key once, and refuses it with something else', async () => {
    const { metrics, publisher, request, texts } = setUpMany();
    const keyed = (fields: Partial<PublishRequest> = {}) => request({ idempotencyKey: 'k', ...fields });
    const other = { ...BODY, confidence: 0.1 };
    const [first, second, third, fourth] = await publisher.publishAll([
      keyed(),
      keyed(),
      keyed({ body: other }),
      request({ body: other }),
    ]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { offset: 1 } });
    expect(second).toEqual(first);
    expect(third).toMatchObject({ status: 'rejected', reason: { code: 'idempotency_conflict' } });
    expect(fourth).toMatchObject({ status: 'fulfilled', value: { offset: 2 } });
    expect(await publisher.publishAll([keyed()])).toEqual([first]);
    expect(await texts()).toHaveLength(2);
    const { text } = await metrics.expose();
    expect(text).toContain('vitalwire_publications_total{type="effectiveness_update"} 2');
  });

  it('refuses new work while it closes, and finishes what was accepted', async () => {
    const { log, publisher, request, texts } = setUpMany();
    const accepted = publisher.publishAll([request(), request()]);
    const closing = publisher.close();
    expect(await publisher.publishAll([request()])).toMatchObject([
      { status: 'rejected', reason: { code: 'unavailable', temporary: true } },
    ]);
    await closing;
    // Whoever waited for that closes the log.
    expect((await log.state(5)).top).toBe(2);
    expect(await accepted).toMatchObject([{ value: { offset: 1 } }, { value: { offset: 2 } }]);
    expect(await texts()).toHaveLength(2);
  });

  it('reports a log that is gone for each of them', async () => {
    const { log, logger, publisher, request } = setUpMany();
    await log.close();
    const unavailable = { status: 'rejected', reason: { code: 'unavailable', temporary: true } };
    expect(await publisher.publishAll([request(), request()])).toMatchObject([unavailable, unavailable]);
    expect(logger.lines[0]).toMatchObject({ level: 'error', message: 'publication not appended' });
  });
});

describe('publishing many', () => {
  it('reports those alone whose append was not answered', async () => {
    const { log, logger, publisher, request } = setUp((topic) =>
      topic === 6
        ? Promise.reject(new OutcomeUnknownError())
        : Promise.resolve({ position: { epoch: 'e', offset: 1 } }),
    );
    onlyAppend(log);
    const requests = [5, 6, 7].map((diagnosisId) => request({ diagnosisId }));
    expect(await publisher.publishAll(requests)).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { code: 'outcome_unknown' } },
      { status: 'fulfilled' },
    ]);
    expect(logger.lines).toMatchObject([{ level: 'error', message: 'publication perhaps appended' }]);
  });

  it('logs once why a log took none of them', async () => {
    const { log, logger, publisher, request } = setUp();
    await log.close();
    await publisher.publishAll([request(), request()]);
    expect(logger.lines).toMatchObject([{ level: 'error', fields: { publications: 2 } }]);
  });
});

describe('createBroadcast', () => {
  it('names the offending fields of a body, an id and a key', async () => {
    const { publisher } = setUp();
    const broadcast = createBroadcast([effectivenessUpdate] as const, (request) =>
      publisher.publish(request),
    );
    const publish = broadcast.effectivenessUpdate;
    await expect(publish(5, { ...BODY, new_effectiveness: 1.2 })).rejects.toMatchObject({
      code: 'invalid_body',
      issues: [{ path: 'new_effectiveness' }],
    });
    for (const id of [0, -1, 1.5, 2 ** 53]) {
      await expect(publish(id, BODY)).rejects.toMatchObject({ issues: [{ path: 'diagnosis_id' }] });
    }
    await expect(publish(5, BODY, { idempotencyKey: '' })).rejects.toMatchObject({
      issues: [{ path: 'idempotencyKey' }],
    });
    await expect(publish(5, BODY, { to: '' })).rejects.toMatchObject({ issues: [{ path: 'to' }] });
  });
});
