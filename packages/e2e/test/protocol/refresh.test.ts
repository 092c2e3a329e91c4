import type { Principal } from '@vitalwire/server';
import { SECRET, tokenOf } from '@vitalwire/testing';
import { describe, expect, it } from 'vitest';
import { fastClock, ShiftedClock } from '../../support/clocks.ts';
import { feedback, numbersOf, range } from '../../support/publications.ts';
import { RawClient } from '../../support/raw-client.ts';
import { TestServer } from '../../support/test-server.ts';

/** No tolerance, so that a token ends when it says. */
const auth = { secret: SECRET, clockToleranceMs: 0 };

/** Ownership by the claim, asked so slowly that other things happen meanwhile. */
function slowAuthorize(delayMs: number) {
  return async ({ claims }: Principal, _action: string, diagnosisId: number) => {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    return (claims['diagnoses'] as number[]).includes(diagnosisId);
  };
}

describe('Refresh and expiry', () => {
  it.each(['/ws', '/ws/1'])('ends a session on %s with 4401 when its token expires', async (path) => {
    await using server = await TestServer.start({ auth, clock: fastClock(10) });
    const token = await tokenOf({ diagnoses: [1], expiresInSeconds: 8 });
    await using client = await RawClient.open(`${server.url}${path}?token=${token}`);
    if (path === '/ws') {
      client.send({ type: 'authenticate', token });
      client.send({ type: 'subscribe', diagnosis_id: 1 });
    }
    await client.connected(1);
    expect(await client.closed()).toEqual({ code: 4401, reason: 'token_expired' });
    expect(client.frames.at(-1)).toMatchObject({ type: 'disconnect', code: 4401, reconnect: true });
  });

  it('delivers nothing after the end of the token, even before a timer notices', async () => {
    const clock = new ShiftedClock();
    await using server = await TestServer.start({ auth, clock });
    await using client = await server.client([1]);
    await client.subscribe(1);
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.publications(1);
    clock.shift(3_601_000);
    await server.broadcast.feedbackUpdate(1, feedback(2));
    expect(await client.closed()).toEqual({ code: 4401, reason: 'token_expired' });
    expect(numbersOf(client.frames)).toEqual([1]);
  });

  it('goes on with a fresh token and loses nothing, however publishing and refreshing interleave', async () => {
    await using server = await TestServer.start({ auth, authorize: slowAuthorize(3) });
    await using client = await server.client([1]);
    await client.subscribe(1);
    const tokens = await Promise.all(
      range(1, 40).map((n) => tokenOf({ diagnoses: [1], expiresInSeconds: 60 + n })),
    );
    const publishing = (async () => {
      for (const number of range(1, 400)) await server.broadcast.feedbackUpdate(1, feedback(number));
    })();
    for (const token of tokens) {
      client.send({ type: 'authenticate', token });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await publishing;
    expect(numbersOf(await client.publications(400))).toEqual(range(1, 400));
    expect(client.frames.filter(({ type }) => type !== 'feedback_update').map(({ type }) => type)).toEqual([
      'connect',
    ]);
  });

  it.each(['/ws', '/ws/1'])('outlives the old token on %s without a new connect', async (path) => {
    const clock = new ShiftedClock();
    await using server = await TestServer.start({ auth, clock });
    const old = await tokenOf({ diagnoses: [1], expiresInSeconds: 60 });
    await using client = await RawClient.open(`${server.url}${path}?token=${old}`);
    if (path === '/ws') {
      client.send({ type: 'authenticate', token: old });
      client.send({ type: 'subscribe', diagnosis_id: 1 });
    }
    await client.connected(1);
    client.send({ type: 'authenticate', token: await tokenOf({ diagnoses: [1], expiresInSeconds: 3_600 }) });
    await client.settled();
    clock.shift(120_000);
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.publications(1);
    expect(client.frames.map(({ type }) => type)).toEqual(['connect', 'pong', 'feedback_update']);
  });

  it('shortens the session when the fresh token ends earlier', async () => {
    const clock = new ShiftedClock();
    await using server = await TestServer.start({ auth, clock });
    await using client = await server.client([1]);
    client.send({ type: 'authenticate', token: await tokenOf({ diagnoses: [1], expiresInSeconds: 60 }) });
    await client.settled();
    clock.shift(61_000);
    expect(await client.closed()).toEqual({ code: 4401, reason: 'token_expired' });
  });

  it('closes with 1008 access_denied when the new token is of another user', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1], { sub: 'first' });
    await client.subscribe(1);
    client.send({ type: 'authenticate', token: await tokenOf({ sub: 'second', diagnoses: [1] }) });
    expect(await client.closed()).toEqual({ code: 1008, reason: 'access_denied' });
    expect(client.frames.at(-1)).toMatchObject({
      type: 'disconnect',
      reason: 'access_denied',
      reconnect: false,
    });
  });

  it('ends the subscriptions that are no longer allowed, and no others', async () => {
    await using server = await TestServer.start();
    await using client = await server.client([1, 2]);
    await client.subscribe(1);
    await client.subscribe(2);
    client.send({ type: 'authenticate', token: await tokenOf({ diagnoses: [2] }) });
    expect(await client.next('error')).toMatchObject({ code: 'access_denied', diagnosis_id: 1 });
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await server.broadcast.feedbackUpdate(2, feedback(2));
    await client.publications(1);
    await client.settled();
    expect(numbersOf(client.frames)).toEqual([2]);
    client.send({ type: 'unsubscribe', diagnosis_id: 1 });
    expect(await client.next('error')).toMatchObject({ code: 'not_subscribed', diagnosis_id: 1 });
  });

  it('closes GET /ws/{diagnosis_id} with 1008 when its diagnosis is no longer allowed', async () => {
    await using server = await TestServer.start();
    await using client = await server.plain(1);
    await client.connected(1);
    client.send({ type: 'authenticate', token: await tokenOf({ diagnoses: [2] }) });
    expect(await client.closed()).toEqual({ code: 1008, reason: 'access_denied' });
  });

  it('asks again also about a subscription whose first question is still open', async () => {
    await using server = await TestServer.start({ authorize: slowAuthorize(50) });
    await using client = await server.client([1]);
    client.send({ type: 'subscribe', diagnosis_id: 1 });
    client.send({ type: 'authenticate', token: await tokenOf({ diagnoses: [] }) });
    expect(await client.next('error')).toMatchObject({ code: 'access_denied', diagnosis_id: 1 });
    await server.broadcast.feedbackUpdate(1, feedback(1));
    await client.settled();
    expect(numbersOf(client.frames)).toEqual([]);
  });

  it.each([
    {
      fails: 'is expired',
      code: 4401,
      reason: 'token_expired',
      token: () => tokenOf({ expiresInSeconds: -60 }),
    },
    { fails: 'is altered', code: 1008, reason: 'invalid_token', token: async () => `${await tokenOf()}x` },
  ])('ends the session when the new token $fails, although the old one still counts', async (refused) => {
    await using server = await TestServer.start();
    await using client = await server.client([1]);
    await client.subscribe(1);
    client.send({ type: 'authenticate', token: await refused.token() });
    expect(await client.closed()).toEqual({ code: refused.code, reason: refused.reason });
  });

  it('lets a refresh that races with the expiry end in one of two ways, never in between', async () => {
    const outcomes = new Set<string>();
    for (const leadMs of [-1, 0, 0, 1, 2, 5, 20]) {
      const clock = new ShiftedClock();
      await using server = await TestServer.start({ auth, clock });
      const old = await tokenOf({ diagnoses: [1], expiresInSeconds: 60 });
      const fresh = await tokenOf({ diagnoses: [1], expiresInSeconds: 600 });
      await using client = await RawClient.authenticated(server.url, old);
      await client.subscribe(1);
      const expire = async () => {
        clock.shift(61_000);
        await server.broadcast.feedbackUpdate(1, feedback(1));
      };
      const expired = leadMs < 0 ? expire() : undefined;
      client.send({ type: 'authenticate', token: fresh });
      if (leadMs > 0) await new Promise((resolve) => setTimeout(resolve, leadMs));
      await (expired ?? expire());
      const last = await client.next(({ type }) => type === 'feedback_update' || type === 'disconnect');
      if (last.type === 'disconnect') {
        expect(last).toMatchObject({ code: 4401, reconnect: true });
        expect(numbersOf(client.frames)).toEqual([]);
        // Nothing is lost: the fresh token resumes.
        await using again = await RawClient.authenticated(server.url, fresh);
        await again.subscribe(1);
        expect(numbersOf(await again.publications(1))).toEqual([1]);
      }
      outcomes.add(last.type);
    }
    expect([...outcomes].sort()).toEqual(['disconnect', 'feedback_update']);
  });
});
