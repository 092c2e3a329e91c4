import { onTestFinished } from 'vitest';
import { createAccess } from '../../src/auth/access.ts';
import type { Authorize, Principal } from '../../src/auth/principal.ts';
import type { Entrance } from '../../src/entrance.ts';
import { TokenError } from '../../src/errors.ts';
import { Hub } from '../../src/hub.ts';
import type { LogStore } from '../../src/log/log-store.ts';
import { memoryLog } from '../../src/log/memory.ts';
import { createMetrics } from '../../src/metrics.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMING } from '../../src/options.ts';
import { Receipts } from '../../src/receipts.ts';
import { Session } from '../../src/session.ts';
import type { SessionContext } from '../../src/session-context.ts';
import { SharedReads } from '../../src/shared-reads.ts';
import { FakeSocket } from '../../src/testing/fake-socket.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { recordingLogger } from './recording-logger.ts';

/** A publication as a log keeps it. */
export const TEXT = '{"type":"x","diagnosis_id":1,"data":{},"timestamp":"t"}';
export const DAY_MS = 24 * 3_600_000;

interface SessionsOptions {
  authorize?: Authorize;
  limits?: Partial<typeof DEFAULT_LIMITS>;
  log?: LogStore;
  /** Whether the verification of a token takes its time. */
  verifiesLater?: (token: string) => boolean;
}

/** Sessions whose tokens read `user` or `user/milliseconds of validity`. */
export function setUpSessions({
  authorize = () => true,
  limits,
  log: given,
  verifiesLater = () => true,
}: SessionsOptions = {}) {
  const clock = new ManualClock();
  const logger = recordingLogger();
  const log = given ?? memoryLog({ now: () => clock.now() });
  const hub = new Hub(clock);
  log.onAnnouncement((announcement) => hub.announce(announcement));
  log.nodes?.onInterruption((topic) => hub.interrupted(topic));
  onTestFinished(() => log.close());
  const receipts = new Receipts(log, logger);
  const verifyNow = (token: string): Principal => {
    const [userId = '', validMs = String(DAY_MS)] = token.split('/');
    if (userId === 'bad') throw new TokenError('invalid token');
    if (Number(validMs) <= 0) throw new TokenError('token expired', { expired: true });
    return { userId, expiresAt: clock.now() + Number(validMs), scopes: new Set(), claims: {} };
  };
  const verifyLater = async (token: string) => verifyNow(token);
  const verify = (token: string) => (verifiesLater(token) ? verifyLater : verifyNow)(token);
  const { pagePublications, pageSize } = DEFAULT_LIMITS;
  const reads = new SharedReads(log, { publications: pagePublications, size: pageSize });
  const context: SessionContext = {
    hub,
    log,
    reads,
    receipts,
    verify,
    access: createAccess(authorize, { timeoutMs: DEFAULT_TIMING.authorizeTimeoutMs, clock, logger }),
    limits: { ...DEFAULT_LIMITS, ...limits },
    timing: DEFAULT_TIMING,
    clock,
    logger,
    metrics: createMetrics(),
  };
  const enter = (entrance: Entrance = { kind: 'many' }) => {
    const socket = new FakeSocket();
    const session = new Session('s1', context, socket, entrance);
    const say = async (...commands: object[]) => {
      for (const command of commands) session.message(JSON.stringify(command));
      await settle();
    };
    return { socket, session, say };
  };
  const append = (to?: string) => log.append(1, { text: TEXT, to });
  return { clock, logger, log, hub, receipts, enter, append };
}

/** Lets everything happen that needs no time. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

export const authenticate = (token = 'u1') => ({ type: 'authenticate', token });
export const subscribe = (diagnosis_id = 1, after?: string) => ({ type: 'subscribe', diagnosis_id, after });

export function ofType(socket: FakeSocket, type: string): { type: string; [field: string]: unknown }[] {
  const messages = socket.messages as { type: string; [field: string]: unknown }[];
  return messages.filter((message) => message.type === type);
}
