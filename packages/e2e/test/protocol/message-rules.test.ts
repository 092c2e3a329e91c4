import { tokenOf } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { publish } from '../../support/http.ts';
import { feedback, numbersOf } from '../../support/publications.ts';
import { RawClient } from '../../support/raw-client.ts';
import { TestServer } from '../../support/test-server.ts';

const nested = (levels: number) => `${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`;

describe('Frames', () => {
  it.each([
    { frame: 'no JSON', text: '{"type":"ping"' },
    { frame: 'the empty text', text: '' },
    { frame: 'a number', text: '7' },
    { frame: 'null', text: 'null' },
    { frame: 'a list', text: '[{"type":"ping"}]' },
    { frame: 'a text', text: '"ping"' },
    { frame: 'an object that nests 65 levels deep', text: `{"type":"ping","more":${nested(65)}}` },
  ])('closes with 1003 not_json on $frame', async ({ text }) => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    client.sendText(text);
    expect(await client.closed()).toEqual({ code: 1003, reason: 'not_json' });
    expect(client.frames).toMatchObject([{ type: 'disconnect', reason: 'not_json', reconnect: false }]);
  });

  it('closes with 1003 on a binary frame, although it holds a command', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    client.sendBinary(Buffer.from('{"type":"ping"}'));
    expect(await client.closed()).toEqual({ code: 1003, reason: 'not_json' });
  });

  it('accepts 64 levels', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    client.sendText(`{"type":"ping","more":${nested(64)}}`);
    await client.next('pong');
  });

  it('sends text frames that hold one JSON object each, whatever the text holds', async () => {
    await using server = await TestServer.start();
    await using client = await server.plain(1);
    const comment = 'ünïcødé 🩺 \u2028 \u0000 "quoted"\n</script>';
    await server.broadcast.feedbackUpdate(1, feedback(1, { comment }));
    const [publication] = await client.publications(1);
    expect(publication?.['data']).toMatchObject({ comment });
  });

  it('accepts 64 KiB and closes with 1009 beyond', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    await client.settled();
    client.sendText(JSON.stringify({ type: 'ping', id: 'big' }).padEnd(65_536, ' '));
    expect(await client.next(({ data }) => (data as { id: string }).id === 'big')).toBeDefined();
    client.sendText(JSON.stringify({ type: 'ping' }).padEnd(65_537, ' '));
    expect(await client.closed()).toMatchObject({ code: 1009 });
  });

  it('negotiates no compression', async () => {
    await using server = await TestServer.start();
    const headers = { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' };
    await using client = await server.client([1], { headers });
    await client.settled();
    expect(client.extensions).toBe('');
  });

  it('refuses an invalid command and goes on', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    client.send({ type: 'subscribe' });
    expect(await client.next('error')).toMatchObject({ code: 'invalid_command' });
    await client.settled();
  });
});

describe('Envelope', () => {
  it('has type, diagnosis_id, data and timestamp, and a publication also epoch and offset', async () => {
    await using server = await TestServer.start();
    await using client = await server.plain(1);
    await server.broadcast.feedbackUpdate(1, feedback(1));
    const [publication] = await client.publications(1);
    const [connect] = client.frames;
    const envelope = {
      diagnosis_id: 1,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
    };
    expect(JSON.parse(connect?.text ?? '')).toEqual({
      ...envelope,
      type: 'connect',
      data: expect.anything(),
    });
    expect(JSON.parse(publication?.text ?? '')).toEqual({
      ...envelope,
      type: 'feedback_update',
      data: feedback(1),
      epoch: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      offset: 1,
    });
  });

  it('is the same text for everybody, live and replayed', async () => {
    await using server = await TestServer.start();
    await using live = await server.plain(1, { sub: 'live' });
    await live.connected(1);
    const body = { diagnosis_id: 1, ...feedback(1), comment: 'ä', unknown: true };
    await publish(server.url, 'feedback-update', body);
    const [first] = await live.publications(1);
    await using late = await server.plain(1, { sub: 'late' });
    const [second] = await late.publications(1);
    expect(second?.text).toBe(first?.text);
  });
});

describe('Unknown fields and types', () => {
  it('ignores unknown fields of commands', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    client.send({ type: 'subscribe', diagnosis_id: 1, colour: 'green', after_all: { x: 1 } });
    await client.connected(1);
  });

  it.each(['publish', 'Ping', '__proto__', 'toString', 7, null, undefined, { type: 'ping' }])(
    'refuses a command of type %j with error unknown_command, and goes on',
    async (type) => {
      await using server = await TestServer.start();
      await using client = await server.client([1]);
      client.send({ type });
      expect(await client.next('error')).toMatchObject({ code: 'unknown_command' });
      await client.settled();
    },
  );
});

describe('Values', () => {
  const MAX = Number.MAX_SAFE_INTEGER;

  it('accepts a diagnosis id up to 2^53 − 1', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1, MAX]);
    expect((await client.subscribe(MAX)).diagnosis_id).toBe(MAX);
    await using plain = await server.plain(MAX);
    await plain.connected(MAX);
    await server.broadcast.feedbackUpdate(MAX, feedback(1));
    expect(numbersOf([...(await client.publications(1)), ...(await plain.publications(1))])).toEqual([1, 1]);
  });

  it.each(['0', '-1', '1.5', '"1"', '"abc"', '9007199254740992', '1e400', 'null', '[1]', '{"__proto__":1}'])(
    'refuses the diagnosis id %s in a command',
    async (id) => {
      await using server = await TestServer.start();
      await using client = await server.client([1]);
      for (const type of ['subscribe', 'unsubscribe']) {
        client.sendText(`{"type":"${type}","diagnosis_id":${id}}`);
        expect(await client.next('error')).toMatchObject({ code: 'invalid_command' });
      }
      await client.settled();
    },
  );

  it.each([
    '0',
    '-1',
    '1.5',
    'abc',
    '01',
    '1e3',
    '%31',
    '+1',
    '9007199254740992',
    '99999999999999999999',
    '__proto__',
  ])('refuses the diagnosis id %s in a path', async (id) => {
    await using server = await TestServer.start();
    await using client = await RawClient.plain(server.url, id, { token: await tokenOf({ diagnoses: [1] }) });
    expect(await client.closed()).toEqual({ code: 1008, reason: 'diagnosis_not_found' });
  });

  it('carries a lone surrogate as it is', async () => {
    await using server = await TestServer.start();
    await using client = await server.plain(1);
    await server.broadcast.feedbackUpdate(1, feedback(1, { comment: '\ud83d' }));
    const [publication] = await client.publications(1);
    expect(publication?.['data']).toMatchObject({ comment: '\ud83d' });
  });

  it('lets the last of two fields of one name count', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([2]);
    client.sendText('{"type":"subscribe","diagnosis_id":1,"diagnosis_id":2}');
    await client.connected(2);
  });

  it('gives a field __proto__ no special meaning', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    client.sendText('{"__proto__":{"type":"subscribe","diagnosis_id":1}}');
    expect(await client.next('error')).toMatchObject({ code: 'unknown_command' });
    client.sendText('{"type":"subscribe","__proto__":{"diagnosis_id":1}}');
    expect(await client.next('error')).toMatchObject({ code: 'invalid_command' });
    client.sendText('{"type":"subscribe","diagnosis_id":1,"__proto__":{"polluted":true}}');
    await client.connected(1);
    const recommendation = '{"herb":"Sage","dosage":"1 g","frequency":"daily","__proto__":{"polluted":true}}';
    const response = await publish(
      server.url,
      'recommendation-update',
      `{"diagnosis_id":1,"old_data":${recommendation},"new_data":${recommendation},"reason":"none"}`,
    );
    expect(response.status).toBe(200);
    const [publication] = await client.publications(1);
    expect(publication?.text).not.toContain('__proto__');
    expect(publication?.text).not.toContain('polluted');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('never sends null for an optional field that is absent', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    await client.subscribe(1);
    await server.broadcast.feedbackUpdate(1, { ...feedback(1) });
    await server.broadcast.effectivenessUpdate(1, {
      recommendation_id: 7,
      new_effectiveness: 0.5,
      confidence: 0.5,
      sample_size: 0,
    });
    await client.publications(2);
    client.send({ type: 'ping' });
    client.send({ type: 'unsubscribe', diagnosis_id: 9 });
    await client.next('error');
    expect(client.frames.filter(({ text }) => text.includes('null'))).toEqual([]);
  });
});

describe('Order', () => {
  it('handles commands in the order in which they were sent', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    for (const id of [1, 2, 3]) client.send({ type: 'ping', id });
    client.send({ type: 'unsubscribe', diagnosis_id: 1 });
    client.send({ type: 'ping', id: 4 });
    await client.next(({ data }) => (data as { id?: number } | undefined)?.id === 4);
    expect(client.frames.map(({ type, data }) => (data as { id: number } | undefined)?.id ?? type)).toEqual([
      1,
      2,
      3,
      'error',
      4,
    ]);
  });

  it('keeps the place of a command that is refused, also before the token is verified', async () => {
    await using server = await TestServer.start();
    await using client = await RawClient.open(`${server.url}/ws`);
    client.socket.cork();
    client.send({ type: 'authenticate', token: await tokenOf() });
    client.send({ type: 'ping', id: 1 });
    client.send({ type: 'subscribe' });
    client.send({ type: 'ping', id: 2 });
    client.send({ type: 'nothing' });
    client.send({ type: 'ping', id: 3 });
    client.socket.uncork();
    await client.next(({ data }) => (data as { id?: number } | undefined)?.id === 3);
    expect(client.frames.map(({ type, code }) => code ?? type)).toEqual([
      'pong',
      'invalid_command',
      'pong',
      'unknown_command',
      'pong',
    ]);
  });

  it('may answer a subscribe after later commands, and sends its connect before its publications', async () => {
    let allow: (allowed: boolean) => void = () => {};
    const answer = new Promise<boolean>((resolve) => {
      allow = resolve;
    });
    await using server = await TestServer.start({ authorize: (_, __, id) => (id === 1 ? answer : true) });
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await using client = await server.client([1, 2]);
    client.send({ type: 'subscribe', diagnosis_id: 1 });
    await client.subscribe(2);
    await server.broadcast.feedbackUpdate(1, feedback(2));
    allow(true);
    await client.publications(2);
    const seen = client.frames.map(({ type, diagnosis_id }) => `${type} ${diagnosis_id}`);
    expect(seen).toEqual(['connect 2', 'connect 1', 'feedback_update 1', 'feedback_update 1']);
  });
});
