import { catalogue, createMessageDecoder } from '@vitalwire/protocol';
import { describe, expect, it } from 'vitest';
import { feedback, numbersOf } from '../../support/publications.ts';
import { TestServer } from '../../support/test-server.ts';

const decode = createMessageDecoder(catalogue);

describe('error', () => {
  it('has no envelope, and the connection and its other subscriptions go on', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    await client.subscribe(1);
    const error = await client.subscribe(2);
    expect(JSON.parse(error.text)).toEqual({
      type: 'error',
      code: 'access_denied',
      message: expect.any(String),
      diagnosis_id: 2,
    });
    expect(decode(error.text)).toHaveProperty('message');
    await server.broadcast.feedbackUpdate(1, feedback(1));
    expect(numbersOf(await client.publications(1))).toEqual([1]);
  });

  it('says in words which rule of a command was broken, and does not quote the value', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    client.send({ type: 'subscribe', diagnosis_id: 'confidential' });
    const { message } = await client.next('error');
    expect(message).toContain('diagnosis_id');
    expect(message).not.toContain('confidential');
  });

  it('means that there is no subscription of the topic, except after already_subscribed', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    expect(await client.subscribe(2)).toMatchObject({ code: 'access_denied' });
    client.send({ type: 'unsubscribe', diagnosis_id: 2 });
    expect(await client.next('error')).toMatchObject({ code: 'not_subscribed', diagnosis_id: 2 });
    await client.subscribe(1);
    expect(await client.subscribe(1)).toMatchObject({ code: 'already_subscribed' });
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.publications(1);
  });
});

describe('disconnect', () => {
  it('has no envelope, and is the last frame before the close', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    await client.subscribe(1);
    await server.server.revoke('patient');
    expect(await client.closed()).toEqual({ code: 1008, reason: 'access_denied' });
    const last = client.frames.at(-1);
    expect(JSON.parse(last?.text ?? '')).toEqual({
      type: 'disconnect',
      code: 1008,
      reason: 'access_denied',
      reconnect: false,
    });
    expect(decode(last?.text ?? '')).toHaveProperty('message');
  });

  it('keeps a revoked token out for good', async () => {
    await using server = await TestServer.start();
    await using before = await server.plain(1);
    await before.connected(1);
    await server.server.revoke('patient');
    await before.closed();
    await using again = await server.plain(1);
    expect(await again.closed()).toEqual({ code: 1008, reason: 'invalid_token' });
    await using other = await server.plain(1, { sub: 'other' });
    await other.connected(1);
  });
});
