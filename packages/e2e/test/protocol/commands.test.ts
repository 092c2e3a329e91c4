import { tokenOf } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { publish } from '../../support/http.ts';
import { feedback, numbersOf, offsetsOf, range } from '../../support/publications.ts';
import { RawClient } from '../../support/raw-client.ts';
import { TestServer } from '../../support/test-server.ts';

describe('authenticate', () => {
  it.each([{}, { token: '' }, { token: 7 }, { token: null }])(
    'refuses %j as no command, and goes on',
    async (fields) => {
      await using server = await TestServer.start();
      await using client = await RawClient.open(`${server.url}/ws`);
      client.send({ type: 'authenticate', ...fields });
      expect(await client.next('error')).toMatchObject({ code: 'invalid_command' });
      client.send({ type: 'authenticate', token: await tokenOf({ diagnoses: [1] }) });
      await client.subscribe(1);
    },
  );

  it('logs nothing of what a verifier of the application throws, which may quote the token', async () => {
    const auth = (token: string) => Promise.reject(new Error(`cannot read ${token}`));
    await using server = await TestServer.start({ auth });
    await using client = await RawClient.authenticated(server.url, 'a-confidential-token');
    expect(await client.closed()).toEqual({ code: 1011, reason: 'internal_error' });
    await using plain = await RawClient.plain(server.url, 1, { token: 'a-confidential-token' });
    expect(await plain.closed()).toEqual({ code: 1011, reason: 'internal_error' });
    const response = await publish(server.url, 'feedback-update', {}, { token: 'a-confidential-token' });
    expect(response.status).toBe(500);
    expect(server.logger.lines.filter(({ level }) => level === 'error')).toHaveLength(3);
    expect(server.logger.text + JSON.stringify([client.frames, plain.frames])).not.toContain('confidential');
  });

  it('takes the token from the command and not from the address', async () => {
    await using server = await TestServer.start();
    const token = await tokenOf({ diagnoses: [1] });
    await using client = await RawClient.open(`${server.url}/ws?token=${token}`);
    expect(await client.subscribe(1)).toMatchObject({ code: 'not_authenticated' });
  });
});

describe('subscribe', () => {
  it.each([
    { after: 'top', from: 3, count: 0, status: 'recovered' },
    { after: 'middle', from: 1, count: 2, status: 'recovered' },
    { after: 'latest', from: 3, count: 0, status: 'fresh' },
    { after: 'earliest', from: 0, count: 3, status: 'fresh' },
    { after: undefined, from: 0, count: 3, status: 'fresh' },
  ])('is answered by connect, after=$after', async ({ after, from, count, status }) => {
    await using server = await TestServer.start();
    let epoch = '';
    for (const number of [1, 2, 3]) ({ epoch } = await server.broadcast.feedbackUpdate(1, feedback(number)));
    const given = { top: `${epoch}:3`, middle: `${epoch}:1` }[String(after)] ?? after;
    await using client = await server.client([1]);
    expect(await client.subscribe(1, given)).toMatchObject({
      type: 'connect',
      data: { epoch, offset: 3, recovery: { status, from: `${epoch}:${from}`, to: `${epoch}:3`, count } },
    });
    await server.broadcast.feedbackUpdate(1, feedback(4));
    expect(numbersOf(await client.publications(count + 1))).toEqual(range(from + 1, 4));
  });

  it.each([
    '',
    'first',
    '1',
    ':1',
    'abc',
    'abc:',
    'abc:-1',
    'abc:1.5',
    'abc:01',
    'abc:1e3',
    'a b:1',
    'abc:1:2',
    'ä:1',
  ])('refuses after=%j as an invalid command', async (after) => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    client.send({ type: 'subscribe', diagnosis_id: 1, after });
    expect(await client.next('error')).toMatchObject({ code: 'invalid_command' });
    // It subscribed to nothing.
    client.send({ type: 'unsubscribe', diagnosis_id: 1 });
    expect(await client.next('error')).toMatchObject({ code: 'not_subscribed' });
  });

  it('refuses a second subscribe of the same topic, which changes nothing', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    client.send({ type: 'subscribe', diagnosis_id: 1 });
    client.send({ type: 'subscribe', diagnosis_id: 1, after: 'earliest' });
    expect(await client.next('error')).toMatchObject({ code: 'already_subscribed', diagnosis_id: 1 });
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.publications(1);
    expect(await client.subscribe(1)).toMatchObject({ code: 'already_subscribed' });
    await client.settled();
    expect(numbersOf(client.frames)).toEqual([1]);
  });

  it('refuses a diagnosis of another user, and the other subscriptions go on', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    await client.subscribe(1);
    expect(await client.subscribe(2)).toMatchObject({
      type: 'error',
      code: 'access_denied',
      diagnosis_id: 2,
    });
    await server.broadcast.feedbackUpdate(2, feedback(2));
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.publications(1);
    await client.settled();
    expect(numbersOf(client.frames)).toEqual([1]);
  });

  it('tells that a diagnosis does not exist where authorize says so', async () => {
    await using server = await TestServer.start({ authorize: () => 'not_found' });
    await using client = await server.client([1]);
    expect(await client.subscribe(1)).toMatchObject({ code: 'diagnosis_not_found', diagnosis_id: 1 });
  });

  it.each([
    { answer: 'is nonsense', authorize: () => 'yes' as unknown as boolean, code: 'access_denied' },
    { answer: 'is an object', authorize: () => ({}) as unknown as boolean, code: 'access_denied' },
    { answer: 'is undefined', authorize: () => undefined as unknown as boolean, code: 'access_denied' },
    { answer: 'throws', authorize: () => Promise.reject(new Error('confidential')), code: 'unavailable' },
    { answer: 'never comes', authorize: () => new Promise<boolean>(() => {}), code: 'unavailable' },
  ])('lets nobody in when the answer of authorize $answer', async ({ authorize, code }) => {
    await using server = await TestServer.start({ authorize, timing: { authorizeTimeoutMs: 50 } });
    await using client = await server.client([1]);
    expect(await client.subscribe(1)).toMatchObject({ code, diagnosis_id: 1 });
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.settled();
    expect(numbersOf(client.frames)).toEqual([]);
    expect(JSON.stringify(client.frames) + server.logger.text).not.toContain('confidential');
  });

  it('refuses more subscriptions than the limit, and takes another when one has ended', async () => {
    await using server = await TestServer.start({ limits: { maxSubscriptions: 3 } });
    await using client = await server.client(range(1, 5));
    for (const topic of [1, 2, 3]) await client.subscribe(topic);
    expect(await client.subscribe(4)).toMatchObject({ code: 'too_many_subscriptions', diagnosis_id: 4 });
    client.send({ type: 'unsubscribe', diagnosis_id: 2 });
    expect(await client.subscribe(4)).toMatchObject({ type: 'connect' });
    expect(await client.subscribe(5)).toMatchObject({ code: 'too_many_subscriptions' });
  });
});

describe('unsubscribe', () => {
  it('has no answer, and nothing of the topic arrives after the pong to a later ping', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    let publishing = true;
    const publisher = (async () => {
      for (let number = 1; publishing; number++) {
        await server.broadcast.feedbackUpdate(1, feedback(number));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (const id of range(1, 50)) {
      await client.subscribe(1);
      await client.publications(1);
      client.send({ type: 'unsubscribe', diagnosis_id: 1 });
      client.send({ type: 'ping', id });
      await client.next(({ type, data }) => type === 'pong' && (data as { id: number }).id === id);
    }
    publishing = false;
    await publisher;
    await client.settled();
    const seen = client.frames.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
    expect(seen.slice(0, 150)).toEqual(range(1, 50).flatMap(() => ['connect', 'feedback_update', 'pong']));
    expect(seen.slice(150)).toEqual([]);
  });

  it('ends a subscription whose subscribe is not answered yet', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    client.send({ type: 'subscribe', diagnosis_id: 1 });
    client.send({ type: 'unsubscribe', diagnosis_id: 1 });
    await client.settled();
    const settled = client.frames.length;
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.settled();
    expect(client.frames.slice(settled).map(({ type }) => type)).toEqual(['pong']);
  });

  it('keeps silent about it afterwards also when the subscribe would have been refused', async () => {
    let answer: (allowed: boolean) => void = () => {};
    const authorize = () =>
      new Promise<boolean>((resolve) => {
        answer = resolve;
      });
    await using server = await TestServer.start({ authorize });
    await using client = await server.client([1]);
    client.send({ type: 'subscribe', diagnosis_id: 1 });
    client.send({ type: 'unsubscribe', diagnosis_id: 1 });
    await client.settled();
    answer(false);
    await client.settled();
    expect(client.frames.map(({ type }) => type)).toEqual(['pong', 'pong']);
  });

  it('is refused without a subscription', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    client.send({ type: 'unsubscribe', diagnosis_id: 1 });
    expect(await client.next('error')).toMatchObject({ code: 'not_subscribed', diagnosis_id: 1 });
  });

  it('lets a later subscribe resume where the client stands', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    await client.subscribe(1);
    const { epoch } = await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.publications(1);
    client.send({ type: 'unsubscribe', diagnosis_id: 1 });
    await client.settled();
    await server.broadcast.feedbackUpdate(1, feedback(2));
    await client.subscribe(1, `${epoch}:1`);
    await client.publications(1);
    expect(offsetsOf(client.frames)).toEqual([1, 2]);
  });
});

describe('ping', () => {
  it('needs no authentication', async () => {
    await using server = await TestServer.start();
    await using client = await RawClient.open(`${server.url}/ws`);
    client.send({ type: 'ping' });
    await client.next('pong');
  });

  it.each([{ id: 'x'.repeat(65) }, { id: 1.5 }, { id: null }, { id: {} }, { id: true }])(
    'refuses %j as an invalid command',
    async (fields) => {
      await using server = await TestServer.start();
      await using client = await server.client([1]);
      client.send({ type: 'ping', ...fields });
      expect(await client.next('error')).toMatchObject({ code: 'invalid_command' });
    },
  );
});
