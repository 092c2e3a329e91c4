import { TcpProxy } from '@vitalwire/testing';
import { expect, it } from 'vitest';
import { feedback, range } from '../../support/publications.ts';
import { impatientClient, Recorder } from '../../support/sdk-client.ts';
import { TestServer } from '../../support/test-server.ts';

const COMMENT = 'slept well, woke once. '.repeat(1_000);

it('what is sent compressed is handled once and in order, live and recovered', async () => {
  await using server = await TestServer.start({ compression: true });
  await using proxy = await TcpProxy.start(server.port);
  using client = impatientClient(proxy.port, 'ann', [1]);
  const recorder = new Recorder(client, 1);
  await recorder.inState('live');
  const publish = async (from: number, to: number) => {
    for (const number of range(from, to)) {
      const addressed = number % 3 === 0 ? { to: number % 2 === 0 ? 'ann' : 'ben' } : {};
      await server.broadcast.feedbackUpdate(1, { ...feedback(number), comment: COMMENT }, addressed);
    }
  };
  const comments: unknown[] = [];
  recorder.subscription.on('feedback_update', ({ comment }) => comments.push(comment));
  await publish(1, 10);
  await recorder.reached(10);
  proxy.destroy();
  await publish(11, 20);
  await recorder.reached(20);
  // What is for somebody else leaves a hole in the offsets.
  const visible = range(1, 20).filter((number) => number % 3 !== 0 || number % 2 === 0);
  expect(recorder.numbers).toEqual(visible);
  expect(recorder.handled.some(({ recovered }) => recovered)).toBe(true);
  expect(comments).toEqual(visible.map(() => COMMENT));
});
