import { describe, expect, it } from 'vitest';
import { createAccess } from '../../src/auth/access.ts';
import { ownDiagnoses } from '../../src/auth/own-diagnoses.ts';
import type { Action, Authorize, Principal } from '../../src/auth/principal.ts';
import { systemClock } from '../../src/clock.ts';
import { RequestError } from '../../src/errors.ts';
import { recordingLogger } from '../support/recording-logger.ts';

const principal = (claims: Record<string, unknown> = {}, ...scopes: string[]): Principal => ({
  userId: 'anna',
  expiresAt: Number.MAX_SAFE_INTEGER,
  scopes: new Set(scopes),
  claims,
});

const denied = expect.objectContaining({ code: 'access_denied', temporary: false });
const undecided = expect.objectContaining({ code: 'unavailable', temporary: true });

function accessOf(authorize: Authorize, timeoutMs = 5_000) {
  const logger = recordingLogger();
  const access = createAccess(authorize, { timeoutMs, clock: systemClock, logger });
  return {
    access: { check: async (...asked: Parameters<typeof access.check>) => access.check(...asked) },
    logger,
  };
}

describe('access', () => {
  it('is decided at once when authorize decides at once', () => {
    const access = (answer: boolean) =>
      createAccess(() => answer, { timeoutMs: 5_000, clock: systemClock, logger: recordingLogger() });
    expect(access(true).check(principal(), 'subscribe', 123)).toBeUndefined();
    expect(() => access(false).check(principal(), 'subscribe', 123)).toThrow(RequestError);
  });

  it.each([true, 'allow'] as const)('is given for the answer %j', async (answer) => {
    const { access } = accessOf(() => answer);
    await expect(access.check(principal(), 'subscribe', 123)).resolves.toBeUndefined();
    const { access: later } = accessOf(async () => answer);
    await expect(later.check(principal(), 'subscribe', 123)).resolves.toBeUndefined();
  });

  it.each([false, 'deny'] as const)('is denied for the answer %j, without a warning', async (answer) => {
    const { access, logger } = accessOf(() => answer);
    await expect(access.check(principal(), 'publish', 123)).rejects.toEqual(denied);
    expect(logger.lines).toEqual([]);
  });

  it('says that a diagnosis does not exist when authorize says so', async () => {
    const { access } = accessOf(() => 'not_found');
    await expect(access.check(principal(), 'subscribe', 123)).rejects.toMatchObject({
      code: 'diagnosis_not_found',
      temporary: false,
    });
  });

  it.each([undefined, null, 1, 'yes', 'true', {}, { allow: true }, [true], 'ALLOW'])(
    'is denied for the answer %j, with a warning',
    async (answer) => {
      const { access, logger } = accessOf((() => answer) as unknown as Authorize);
      await expect(access.check(principal(), 'subscribe', 123)).rejects.toEqual(denied);
      expect(logger.lines).toMatchObject([
        { level: 'warn', fields: { action: 'subscribe', diagnosis_id: 123 } },
      ]);
    },
  );

  it.each<[string, Authorize]>([
    [
      'throws',
      () => {
        throw new Error('token eyJsecret of anna');
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('token eyJsecret\n    at eyJsecret (file.js)'))],
    ['rejects with no error', () => Promise.reject('eyJsecret')],
  ])(
    'is not given for now when authorize %s, and the log does not repeat what it said',
    async (_, authorize) => {
      const { access, logger } = accessOf(authorize);
      await expect(access.check(principal(), 'subscribe', 123)).rejects.toEqual(undecided);
      expect(logger.lines).toMatchObject([{ level: 'warn', message: 'authorize failed' }]);
      expect(logger.text()).not.toContain('eyJsecret');
    },
  );

  it('is not given for now when authorize does not answer in time', async () => {
    const { access, logger } = accessOf(() => new Promise(() => {}), 20);
    await expect(access.check(principal(), 'subscribe', 123)).rejects.toEqual(undecided);
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { error: 'AuthorizeTimeout' } }]);
  });

  it('leaves no timer behind', async () => {
    const timers = new Set<object>();
    const clock = {
      ...systemClock,
      after(delayMs: number, callback: () => void) {
        const timer = {};
        timers.add(timer);
        const cancel = systemClock.after(delayMs, callback);
        return () => {
          timers.delete(timer);
          cancel();
        };
      },
    };
    const access = createAccess(async () => true, { timeoutMs: 5_000, clock, logger: recordingLogger() });
    const checking = access.check(principal(), 'subscribe', 123);
    expect(timers.size).toBe(1);
    await checking;
    expect(timers.size).toBe(0);
  });

  it('survives an answer that comes after the time was up', async () => {
    let fail: (error: Error) => void = () => {};
    const late = new Promise<boolean>((_, reject) => {
      fail = reject;
    });
    const { access } = accessOf(() => late, 10);
    await expect(access.check(principal(), 'subscribe', 123)).rejects.toEqual(undecided);
    fail(new Error('too late'));
    await new Promise((resolve) => setImmediate(resolve)); // an unhandled rejection would fail the run
  });
});

describe('the scope broadcast', () => {
  it('may publish everywhere, and nobody is asked', async () => {
    const asked: number[] = [];
    const { access } = accessOf((_, __, id) => asked.push(id) < 0);
    await expect(access.check(principal({}, 'broadcast'), 'publish', 123)).resolves.toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('gives no right to subscribe', async () => {
    const { access } = accessOf(() => false);
    await expect(access.check(principal({}, 'broadcast'), 'subscribe', 123)).rejects.toEqual(denied);
  });

  it('is one whole word', async () => {
    const { access } = accessOf(() => false);
    await expect(access.check(principal({}, 'broadcasts', 'Broadcast'), 'publish', 1)).rejects.toEqual(
      denied,
    );
  });
});

describe('ownDiagnoses', () => {
  it.each<Action>(['subscribe', 'publish'])('allows to %s what the claim lists', (action) => {
    expect(ownDiagnoses(principal({ diagnoses: [7, 123] }), action, 123)).toBe(true);
    expect(ownDiagnoses(principal({ diagnoses: [7, 124] }), action, 123)).toBe(false);
  });

  it.each([undefined, null, 123, '123', ['123'], [[123]], { 0: 123 }, { includes: 123 }, [true], []])(
    'allows nothing for the claim %j',
    (diagnoses) => {
      expect(ownDiagnoses(principal({ diagnoses }), 'subscribe', 123)).toBe(false);
    },
  );

  it('does not read the claim of a prototype', () => {
    expect(ownDiagnoses(principal(JSON.parse('{"__proto__":{"diagnoses":[123]}}')), 'subscribe', 123)).toBe(
      false,
    );
  });
});
