import { describe, expect, it } from 'vitest';
import { LogUnavailableError } from '../src/errors.ts';
import { authenticate, ofType, settle, setUpSessions, subscribe, TEXT } from './support/sessions.ts';
import { SharedLog } from './support/shared-log.ts';

/** Sessions of one node; the publisher is another one. */
function setUp() {
  const shared = new SharedLog();
  const node = shared.node();
  const publisher = shared.node();
  const sessions = setUpSessions({ log: node });
  const append = async (count = 1) => {
    for (let i = 0; i < count; i++) await publisher.append(1, { text: TEXT });
    await settle();
  };
  const warnings = () => sessions.logger.lines.filter(({ level }) => level === 'warn');
  return { ...sessions, node, append, warnings };
}

describe('Session on a log of several nodes', () => {
  describe('its subscription', () => {
    it('begins when the log store counts it', async () => {
      const { node, enter } = setUp();
      const attend = node.nodes.attend;
      let answer = () => {};
      node.nodes.attend = async (topic, users) => {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return attend(topic, users);
      };
      const { socket, say } = enter();
      await say(authenticate(), subscribe());
      expect(socket.messages).toEqual([]);
      answer();
      await settle();
      expect(ofType(socket, 'connect')).toHaveLength(1);
      expect(node.subscriptions(1, undefined)).toBe(1);
    });

    it('ends with the session when the log store cannot be told', async () => {
      const { node, enter } = setUp();
      node.nodes.attend = () => Promise.reject(new LogUnavailableError('not now'));
      const { socket, say } = enter();
      await say(authenticate(), subscribe());
      expect(socket.closedWith).toEqual({ code: 1013, reason: 'overloaded' });
    });

    it('is counted by user until it ends', async () => {
      const { node, enter, logger } = setUp();
      const count = () => ['u1', 'u2', undefined].map((user) => node.subscriptions(1, user));
      const [first, second, other] = [enter(), enter(), enter()];
      await Promise.all([first.say(authenticate(), subscribe()), second.say(authenticate(), subscribe())]);
      await other.say(authenticate('u2'), subscribe());
      expect(count()).toEqual([2, 1, 3]);
      first.session.end('restarting');
      await other.say({ type: 'unsubscribe', diagnosis_id: 1 });
      expect(count()).toEqual([1, 0, 1]);
      second.session.cut();
      await settle();
      expect(count()).toEqual([0, 0, 0]);
      expect(logger.text()).not.toContain('not told');
    });

    it('ends also when the log store cannot be told so', async () => {
      const { node, enter, logger } = setUp();
      const { socket, say } = enter();
      await say(authenticate(), subscribe());
      node.reachable = false;
      await say({ type: 'unsubscribe', diagnosis_id: 1 });
      expect(socket.closedWith).toBeUndefined();
      expect(logger.lines.at(-1)).toMatchObject({
        level: 'debug',
        fields: { diagnosis_id: 1 },
        message: 'end of a subscription not told',
      });
    });
  });

  describe('while the log cannot be read', () => {
    it('stays connected, says so once, and goes on as soon as the log answers', async () => {
      const { node, enter, append, warnings } = setUp();
      const { socket, session, say } = enter();
      await say(authenticate(), subscribe());
      for (const outage of [1, 2]) {
        node.hearing = false;
        await append(2);
        node.hearing = true;
        node.reachable = false;
        node.interrupt();
        for (let second = 0; second < 3; second++) {
          await settle();
          session.tick();
        }
        await settle();
        expect(socket.closedWith).toBeUndefined();
        expect(warnings().map(({ message }) => message)).toEqual(
          Array(outage).fill('log cannot be read now'),
        );
        node.reachable = true;
        session.tick();
        await settle();
        expect(ofType(socket, 'x')).toHaveLength(outage * 2);
      }
      await append();
      expect(ofType(socket, 'x').map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5]);
      expect(ofType(socket, 'connect')).toHaveLength(1);
    });

    it('ends when the log fails in a way of its own', async () => {
      const { node, enter, append } = setUp();
      const { socket, say } = enter();
      await say(authenticate(), subscribe());
      node.read = () => Promise.reject(new TypeError('a mistake'));
      node.hearing = false;
      await append();
      node.hearing = true;
      node.interrupt();
      await settle();
      expect(socket.closedWith).toEqual({ code: 1013, reason: 'overloaded' });
    });

    it('refuses a new subscription for now, and stays connected', async () => {
      const { node, enter } = setUp();
      const { socket, say } = enter();
      node.reachable = false;
      await say(authenticate(), subscribe());
      expect(socket.messages).toMatchObject([{ type: 'error', code: 'unavailable', diagnosis_id: 1 }]);
      expect(socket.closedWith).toBeUndefined();
      node.reachable = true;
      await say(subscribe());
      expect(ofType(socket, 'connect')).toHaveLength(1);
    });
  });

  it('reads again when it is interrupted', async () => {
    const { node, enter, append } = setUp();
    const { socket, say } = enter();
    await say(authenticate(), subscribe());
    node.hearing = false;
    await append(3);
    node.hearing = true;
    await settle();
    expect(ofType(socket, 'x')).toEqual([]);
    node.interrupt();
    await settle();
    expect(ofType(socket, 'x')).toHaveLength(3);
  });
});
