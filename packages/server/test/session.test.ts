import { describe, expect, it, vi } from 'vitest';
import type { Entrance } from '../src/entrance.ts';
import { authenticate, DAY_MS, ofType, settle, setUpSessions, subscribe } from './support/sessions.ts';

describe('Session', () => {
  describe.each([
    { when: 'at once', verifiesLater: () => false },
    { when: 'later', verifiesLater: () => true },
  ])('when tokens are verified $when', ({ verifiesLater }) => {
    it('answers commands that came in the same flight as the token', async () => {
      const { enter } = setUpSessions({ verifiesLater });
      const { socket, say } = enter();
      await say(authenticate(), subscribe(1), subscribe(2), { type: 'ping', id: 'a' });
      expect(ofType(socket, 'connect').map((message) => message['diagnosis_id'])).toEqual([1, 2]);
      expect(ofType(socket, 'pong')).toMatchObject([{ data: { id: 'a' } }]);
    });

    it('handles no command before the token is proven', async () => {
      const { enter } = setUpSessions({ verifiesLater });
      const { socket, say } = enter();
      await say(authenticate('bad'), subscribe());
      expect(socket.messages).toEqual([
        { type: 'disconnect', code: 1008, reason: 'invalid_token', reconnect: false },
      ]);
      expect(socket.closedWith).toEqual({ code: 1008, reason: 'invalid_token' });
    });

    it('asks to come back with a new token when the token is merely expired', async () => {
      const { enter } = setUpSessions({ verifiesLater });
      const { socket, say } = enter();
      await say(authenticate('u1/0'));
      expect(socket.closedWith).toEqual({ code: 4401, reason: 'token_expired' });
    });

    it('ends a connection for one diagnosis whose token proves nothing', async () => {
      const { enter } = setUpSessions({ verifiesLater });
      const { socket } = enter({ kind: 'single', token: 'bad', diagnosisId: 1, after: undefined });
      await settle();
      expect(socket.closedWith).toEqual({ code: 1008, reason: 'invalid_token' });
    });
  });

  it('takes tokens in their order, however long each of them takes', async () => {
    const { enter, logger } = setUpSessions({ verifiesLater: (token) => token === 'slow' });
    const { socket, say } = enter();
    await say(authenticate('slow'), authenticate('quick'), subscribe());
    expect(logger.lines).toContainEqual(
      expect.objectContaining({
        message: 'authenticated',
        fields: expect.objectContaining({ user_id: 'slow' }),
      }),
    );
    expect(socket.closedWith).toEqual({ code: 1008, reason: 'access_denied' });
    expect(ofType(socket, 'connect')).toEqual([]);
  });

  it('opens a subscription in one write with what was missed', async () => {
    const { enter, append } = setUpSessions();
    for (let i = 0; i < 3; i++) await append();
    const { socket, say } = enter();
    const write = vi.spyOn(socket, 'write');
    await say(authenticate(), subscribe(1, 'earliest'), subscribe(2));
    const types = socket.messages.map((message) => (message as { type: string }).type);
    expect(types).toEqual(['connect', 'x', 'x', 'x', 'connect']);
    expect(socket.pings).toHaveLength(1);
    expect(write).toHaveBeenCalledTimes(2);
  });

  it('refuses subscribing without a token, and goes on', async () => {
    const { enter } = setUpSessions();
    const { socket, say } = enter();
    await say(subscribe());
    expect(socket.messages).toMatchObject([{ type: 'error', code: 'not_authenticated', diagnosis_id: 1 }]);
    expect(socket.closedWith).toBeUndefined();
  });

  it('refuses what it has and what it does not have', async () => {
    const { enter } = setUpSessions({ limits: { maxSubscriptions: 1 } });
    const { socket, say } = enter();
    await say(authenticate(), subscribe(1), subscribe(1), subscribe(2), {
      type: 'unsubscribe',
      diagnosis_id: 9,
    });
    const codes = ofType(socket, 'error').map((message) => message['code']);
    expect(codes).toEqual(['already_subscribed', 'too_many_subscriptions', 'not_subscribed']);
  });

  it('refuses one topic and leaves the others alone', async () => {
    const { enter, append } = setUpSessions({
      authorize: (_, __, id) => (id === 2 ? 'not_found' : id === 1),
    });
    const { socket, say } = enter();
    await say(authenticate(), subscribe(1), subscribe(2), subscribe(3));
    expect(ofType(socket, 'error')).toMatchObject([
      { code: 'diagnosis_not_found', diagnosis_id: 2 },
      { code: 'access_denied', diagnosis_id: 3 },
    ]);
    await append();
    expect(ofType(socket, 'x')).toHaveLength(1);
  });

  it('delivers nothing after unsubscribing, also when the subscription had not begun', async () => {
    const { enter, append, hub } = setUpSessions();
    const { socket, say } = enter();
    await say(authenticate(), subscribe(), { type: 'unsubscribe', diagnosis_id: 1 });
    await append();
    expect(socket.frames).toEqual([]);
    expect(hub.countByTopic().size).toBe(0);
  });

  it('closes for a frame that is no JSON object, and names a command that it does not know', async () => {
    const { enter } = setUpSessions();
    const first = enter();
    await first.say({ type: 'dance' });
    expect(first.socket.messages).toMatchObject([{ type: 'error', code: 'unknown_command' }]);
    first.session.message('[1');
    expect(first.socket.closedWith).toEqual({ code: 1003, reason: 'not_json' });
    const second = enter();
    second.session.binary();
    expect(second.socket.closedWith).toEqual({ code: 1003, reason: 'not_json' });
  });

  it('takes large frames only from those who have authenticated', async () => {
    const { enter } = setUpSessions();
    const stranger = enter();
    stranger.session.message(JSON.stringify({ type: 'ping', pad: 'x'.repeat(9_000) }));
    expect(stranger.socket.closedWith).toEqual({ code: 1009, reason: 'message_too_big' });
    const known = enter();
    await known.say(authenticate());
    await known.say({ type: 'ping', pad: 'x'.repeat(9_000) });
    expect(ofType(known.socket, 'pong')).toHaveLength(1);
  });

  it('stops reading while too many commands wait, and goes on afterwards', async () => {
    const { enter } = setUpSessions({ limits: { maxPendingCommands: 3 } });
    const { socket, session } = enter();
    session.message(JSON.stringify(authenticate()));
    for (let i = 0; i < 2; i++) session.message('{"type":"ping"}');
    expect(socket.paused).toBe(true);
    await settle();
    expect(socket.paused).toBe(false);
    expect(ofType(socket, 'pong')).toHaveLength(2);
  });

  it('admits no more connections of one user than allowed', async () => {
    const { enter } = setUpSessions({ limits: { maxConnectionsPerUser: 1 } });
    const first = enter();
    const second = enter();
    await first.say(authenticate());
    await second.say(authenticate());
    expect(first.socket.closedWith).toBeUndefined();
    expect(second.socket.closedWith).toEqual({ code: 1013, reason: 'overloaded' });
    first.session.closed(1000);
    const third = enter();
    await third.say(authenticate());
    expect(third.socket.closedWith).toBeUndefined();
  });

  describe('by the path of one topic', () => {
    const entrance = (fields: object = {}): Entrance => ({
      kind: 'single',
      token: 'u1',
      diagnosisId: 1,
      after: undefined,
      ...fields,
    });

    it('begins the subscription by itself', async () => {
      const { enter, append } = setUpSessions();
      await append();
      const { socket } = enter(entrance());
      await settle();
      expect(socket.messages).toMatchObject([{ type: 'connect' }, { type: 'x', offset: 1 }]);
    });

    it.each([
      [{ token: 'bad' }, 'invalid_token', 1008],
      [{ token: 'u1/0' }, 'token_expired', 4401],
      [{ diagnosisId: undefined }, 'diagnosis_not_found', 1008],
      [{ diagnosisId: 2 }, 'access_denied', 1008],
      [{ after: 'yesterday' }, 'invalid_position', 1008],
    ])('closes for %j', async (fields, reason, code) => {
      const { enter } = setUpSessions({ authorize: (_, __, id) => id === 1 });
      const { socket } = enter(entrance(fields));
      await settle();
      expect(socket.closedWith).toEqual({ code, reason });
    });

    it('answers pings with the topic, and knows no other subscriptions', async () => {
      const { enter } = setUpSessions();
      const { socket, say } = enter(entrance());
      await say({ type: 'ping' }, subscribe(2));
      expect(ofType(socket, 'pong')).toMatchObject([{ diagnosis_id: 1, data: {} }]);
      expect(ofType(socket, 'error')).toMatchObject([{ code: 'unsupported_command' }]);
    });
  });

  describe('as time passes', () => {
    it('closes a connection that does not authenticate', () => {
      const { enter, clock } = setUpSessions();
      const { socket, session } = enter();
      clock.advance(9_999);
      session.tick();
      expect(socket.closedWith).toBeUndefined();
      clock.advance(1);
      session.tick();
      expect(socket.closedWith).toEqual({ code: 4400, reason: 'authentication_timeout' });
    });

    it('ends when the token does', async () => {
      const { enter, clock } = setUpSessions();
      const { socket, session, say } = enter();
      await say(authenticate('u1/60000'));
      clock.advance(59_999);
      session.tick();
      expect(socket.closedWith).toBeUndefined();
      clock.advance(1);
      session.tick();
      expect(socket.closedWith).toEqual({ code: 4401, reason: 'token_expired' });
    });

    it('delivers nothing after the token ended, however late the tick is', async () => {
      const { enter, clock, append } = setUpSessions();
      const { socket, say } = enter();
      await say(authenticate('u1/60000'), subscribe());
      clock.advance(60_000);
      await append();
      expect(ofType(socket, 'x')).toEqual([]);
      expect(socket.closedWith?.reason).toBe('token_expired');
    });

    it('delivers nothing after the token ended either when it ends directly after a delivery', async () => {
      const { enter, clock, append } = setUpSessions();
      const { socket, say } = enter();
      await say(authenticate('u1/500'), subscribe());
      await append();
      clock.advance(499);
      await append();
      clock.advance(1);
      await append();
      expect(ofType(socket, 'x')).toHaveLength(2);
      expect(socket.closedWith?.reason).toBe('token_expired');
    });

    it('takes the end of the newest token, also when it comes sooner', async () => {
      const { enter, clock, append } = setUpSessions();
      const { socket, say } = enter();
      await say(authenticate('u1/60000'), subscribe());
      await append();
      await say(authenticate('u1/500'));
      clock.advance(500);
      await append();
      expect(ofType(socket, 'x')).toHaveLength(1);
      expect(socket.closedWith?.reason).toBe('token_expired');
    });

    it('notices soon while it delivers that the clock of the machine was set', async () => {
      const { enter, clock, append } = setUpSessions();
      const { socket, say } = enter();
      await say(authenticate('u1/60000'), subscribe());
      await append();
      clock.set(clock.now() + 60_000);
      clock.advance(2_000);
      await append();
      expect(ofType(socket, 'x')).toHaveLength(1);
      expect(socket.closedWith?.reason).toBe('token_expired');
    });

    it('keeps a session whose token is valid for longer than a timer can run', async () => {
      const { enter, clock, append } = setUpSessions();
      const { socket, session, say } = enter();
      await say(authenticate(`u1/${30 * DAY_MS}`), subscribe());
      for (let day = 0; day < 29; day++) {
        clock.advance(DAY_MS);
        session.pong(socket.pings.at(-1) ?? 0);
        session.tick();
      }
      await append();
      expect(ofType(socket, 'x')).toHaveLength(1);
    });

    it('cuts a peer that answers no ping', async () => {
      const { enter, clock } = setUpSessions();
      const { socket, session, say } = enter();
      await say(authenticate());
      clock.advance(25_000);
      session.tick();
      expect(socket.pings).toHaveLength(1);
      clock.advance(10_000);
      session.tick();
      expect(socket.terminated).toBe(true);
    });

    it('goes on from the log when the peer has taken what waited', async () => {
      const { enter, append } = setUpSessions();
      const { socket, session, say } = enter();
      await say(authenticate(), subscribe());
      for (const round of [1, 2]) {
        socket.waitingBytes = 300_000;
        for (let count = 0; count < 3; count++) await append();
        expect(ofType(socket, 'x')).toHaveLength(3 * round - 2);
        socket.waitingBytes = 0;
        session.drained();
        await settle();
        expect(ofType(socket, 'x')).toHaveLength(3 * round);
      }
    });

    it('says goodbye to a peer that took nothing for too long', async () => {
      const { enter, clock, append } = setUpSessions();
      const { socket, session, say } = enter();
      await say(authenticate(), subscribe());
      // From here on the peer takes nothing; the first publication shows that.
      socket.waitingBytes = 300_000;
      await append();
      await append();
      expect(ofType(socket, 'x')).toHaveLength(1);
      session.tick();
      clock.advance(60_000);
      session.tick();
      expect(socket.closedWith).toEqual({ code: 4408, reason: 'stalled' });
    });
  });

  describe('when the token is refreshed', () => {
    it('goes on without a break', async () => {
      const { enter, clock, append } = setUpSessions();
      const { socket, session, say } = enter();
      await say(authenticate('u1/60000'), subscribe());
      await say(authenticate('u1/120000'));
      clock.advance(100_000);
      session.pong(socket.pings.at(-1) ?? 0);
      session.tick();
      await append();
      expect(ofType(socket, 'x')).toHaveLength(1);
    });

    it('ends when it is another user’s', async () => {
      const { enter } = setUpSessions();
      const { socket, say } = enter();
      await say(authenticate('u1'));
      await say(authenticate('u2'));
      expect(socket.closedWith).toEqual({ code: 1008, reason: 'access_denied' });
    });

    it('ends only the subscriptions that are not owned any more', async () => {
      const owned = new Set([1, 2]);
      const { enter, append } = setUpSessions({ authorize: (_, __, id) => owned.has(id) });
      const { socket, say } = enter();
      await say(authenticate(), subscribe(1), subscribe(2));
      owned.delete(1);
      await say(authenticate());
      expect(ofType(socket, 'error')).toMatchObject([{ code: 'access_denied', diagnosis_id: 1 }]);
      await append();
      expect(ofType(socket, 'x')).toEqual([]);
      expect(socket.closedWith).toBeUndefined();
    });
  });

  describe('proof of receipt', () => {
    it('moves the position of the user by the pong, and only up to what was sent before the ping', async () => {
      const { enter, append, receipts } = setUpSessions();
      const { socket, session, say } = enter();
      await say(authenticate(), subscribe());
      await append();
      expect(socket.pings).toHaveLength(1);
      await append();
      expect(await receipts.of(1, 'u1')).toBeUndefined();
      session.pong(socket.pings[0] ?? 0);
      expect(await receipts.of(1, 'u1')).toMatchObject({ offset: 1 });
    });

    it('pings again with what comes later, no sooner than the interval', async () => {
      const { enter, append, receipts, clock } = setUpSessions();
      const { socket, session, say } = enter();
      await say(authenticate(), subscribe());
      await append();
      session.pong(socket.pings[0] ?? 0);
      clock.advance(999);
      await append();
      expect(socket.pings).toHaveLength(1);
      clock.advance(1_001);
      await append();
      session.pong(socket.pings[1] ?? 0);
      expect(await receipts.of(1, 'u1')).toMatchObject({ offset: 3 });
    });

    it('pings alone when nothing came to go with', async () => {
      const { enter, append, receipts, clock } = setUpSessions();
      const { socket, session, say } = enter();
      await say(authenticate(), subscribe());
      await append();
      session.pong(socket.pings[0] ?? 0);
      await append();
      clock.advance(1_999);
      session.tick();
      expect(socket.pings).toHaveLength(1);
      clock.advance(1);
      session.tick();
      session.pong(socket.pings[1] ?? 0);
      expect(await receipts.of(1, 'u1')).toMatchObject({ offset: 2 });
    });

    it('believes no pong that was not asked for', async () => {
      const { enter, append, receipts } = setUpSessions();
      const { session, say } = enter();
      await say(authenticate(), subscribe());
      await append();
      session.pong(7);
      session.pong(0);
      expect(await receipts.of(1, 'u1')).toBeUndefined();
    });

    it('counts a pong that arrives after the end', async () => {
      const { enter, append, receipts } = setUpSessions();
      const { socket, session, say } = enter();
      await say(authenticate(), subscribe());
      await append();
      session.end('restarting', 1_000);
      session.pong(socket.pings[0] ?? 0);
      expect(await receipts.of(1, 'u1')).toMatchObject({ offset: 1 });
    });

    it('lets the next connection without a position go on from there', async () => {
      const { enter, append } = setUpSessions();
      const first = enter();
      await first.say(authenticate(), subscribe());
      await append();
      first.session.pong(first.socket.pings[0] ?? 0);
      first.session.closed(1006);
      await append();
      const second = enter();
      await second.say(authenticate(), subscribe());
      expect(second.socket.messages).toMatchObject([
        { type: 'connect', data: { recovery: { status: 'recovered', count: 1 } } },
        { type: 'x', offset: 2 },
      ]);
    });
  });

  it('announces its end, and advises when to come back', async () => {
    const { enter, hub } = setUpSessions();
    const { socket, session, say } = enter();
    await say(authenticate(), subscribe());
    session.end('restarting', 5_000);
    expect(socket.messages.at(-1)).toEqual({
      type: 'disconnect',
      code: 1012,
      reason: 'restarting',
      reconnect: true,
      retry_after_ms: 5_000,
    });
    expect(hub.sessions.size).toBe(0);
    expect(hub.countByTopic().size).toBe(0);
  });

  it('names no token and no content in the log', async () => {
    const { enter, append, logger } = setUpSessions();
    const { session, say } = enter();
    await say(authenticate('u1/99999'), subscribe(), { type: 'secret-word', token: 'secret-token' });
    await append();
    session.message('{"secret-content');
    expect(logger.text()).not.toMatch(/u1\/99999|secret/);
    expect(logger.lines.length).toBeGreaterThan(0);
  });
});
