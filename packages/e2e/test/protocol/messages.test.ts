import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { catalogue, createMessageDecoder } from '@vitalwire/protocol';
import { describe, expect, it } from 'vitest';
import { publish } from '../../support/http.ts';
import { feedback } from '../../support/publications.ts';
import type { Frame } from '../../support/raw-client.ts';
import { TestServer } from '../../support/test-server.ts';

const decode = createMessageDecoder(catalogue);
const protocol = readFileSync(
  fileURLToPath(import.meta.resolve('@vitalwire/protocol')).replace(/(src|dist)\/index\.\w+$/, 'PROTOCOL.md'),
  'utf8',
);

/** The message that PROTOCOL.md shows under a heading. */
function example(heading: string): unknown {
  const section = protocol.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`));
  return JSON.parse(/```json\n(.*?)\n```/s.exec(section ?? '')?.[1] ?? 'null');
}

/** Publishes by HTTP to diagnosis 123 and returns what a subscriber receives. */
async function received(path: string, body: object): Promise<Frame> {
  await using server = await TestServer.start();
  await using client = await server.plain(123);
  const response = await publish(server.url, path, { diagnosis_id: 123, ...body });
  expect(response.status, await response.clone().text()).toBe(200);
  const [publication] = await client.publications(1);
  if (!publication) throw new Error('unreachable: publications rejects');
  expect(decode(publication.text)).toHaveProperty('message');
  return publication;
}

describe('connect', () => {
  it('says where the topic stands and what became of the publications before', async () => {
    await using server = await TestServer.start();
    const { epoch } = await server.broadcast.feedbackUpdate(123, feedback(1));
    await server.broadcast.feedbackUpdate(123, feedback(2));
    await using client = await server.plain(123, { sub: '7' });
    const connect = await client.connected(123);
    expect(connect.data).toEqual({
      message: 'Subscribed to diagnosis 123',
      user_id: '7',
      session_id: expect.stringMatching(/.+/),
      epoch,
      offset: 2,
      recovery: { status: 'fresh', from: `${epoch}:0`, to: `${epoch}:2`, count: 2 },
    });
    expect(decode(connect.text)).toHaveProperty('message');
  });

  it('has offset 0 when nothing was ever published', async () => {
    await using server = await TestServer.start();
    await using client = await server.plain(123);
    const { data } = await client.connected(123);
    expect(data).toMatchObject({
      offset: 0,
      recovery: { from: `${data.epoch}:0`, to: `${data.epoch}:0`, count: 0 },
    });
  });

  it('names the connection as the server’s own log does', async () => {
    await using server = await TestServer.start();
    await using client = await server.plain(123);
    const { data } = await client.connected(123);
    expect(server.logger.find('subscribed', { session_id: data.session_id })).toBeDefined();
  });
});

describe('recommendation_update', () => {
  it('is what PROTOCOL.md shows, changed_fields computed', async () => {
    const shown = example('recommendation_update') as { data: Record<string, unknown> };
    const { old_recommendation: old_data, new_recommendation: new_data, reason } = shown.data;
    const publication = await received('recommendation-update', { old_data, new_data, reason });
    expect(publication['data']).toEqual(shown.data);
  });

  it('carries further fields, and compares them by value', async () => {
    const old_data = { herb: 'Sage', dosage: '1 g', frequency: 'daily', tags: { a: 1, b: [1] }, note: 'x' };
    const new_data = { herb: 'Sage', dosage: '2 g', frequency: 'daily', tags: { b: [1], a: 1 }, since: 2026 };
    const publication = await received('recommendation-update', { old_data, new_data, reason: 'stronger' });
    expect(publication['data']).toEqual({
      old_recommendation: old_data,
      new_recommendation: new_data,
      reason: 'stronger',
      changed_fields: ['dosage', 'note', 'since'],
    });
  });
});

describe('effectiveness_update', () => {
  it('is what PROTOCOL.md shows, improvement computed', async () => {
    const shown = example('effectiveness_update') as { data: Record<string, unknown> };
    const { improvement, ...body } = shown.data;
    expect((await received('effectiveness-update', body))['data']).toEqual({ ...body, improvement });
  });

  it('has no improvement when the old value is not known', async () => {
    const body = { recommendation_id: 'r-7', new_effectiveness: 1, confidence: 0, sample_size: 0 };
    expect((await received('effectiveness-update', { ...body, improvement: 0.5 }))['data']).toEqual(body);
  });
});

describe('feedback_update', () => {
  it('is what PROTOCOL.md shows', async () => {
    const shown = example('feedback_update') as { data: object };
    expect((await received('feedback-update', shown.data))['data']).toEqual(shown.data);
  });

  it('drops fields that nobody knows', async () => {
    expect((await received('feedback-update', { ...feedback(1), colour: 'green' }))['data']).toEqual(
      feedback(1),
    );
  });
});

describe('pong', () => {
  it.each([{ id: 1 }, { id: 'x'.repeat(64) }, { id: '' }, { id: 0 }, {}])(
    'answers ping %j with its id',
    async (data) => {
      await using server = await TestServer.start();
      await using client = await server.client([1]);
      client.send({ type: 'ping', ...data });
      const pong = await client.next('pong');
      expect(JSON.parse(pong.text)).toEqual({ type: 'pong', data, timestamp: expect.any(String) });
      expect(decode(pong.text)).toHaveProperty('message');
    },
  );

  it('names the diagnosis on GET /ws/{diagnosis_id} only', async () => {
    await using server = await TestServer.start();
    await using plain = await server.plain(123);
    plain.send({ type: 'ping', id: 7 });
    expect(await plain.next('pong')).toMatchObject({ diagnosis_id: 123, data: { id: 7 } });
  });
});
