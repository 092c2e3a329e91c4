import { flushCompileCache } from 'node:module';
import type { Catalogue } from '@vitalwire/protocol';
import {
  createServer,
  createTokenVerifier,
  type LogStore,
  memoryLog,
  redisLog,
  sqliteLog,
  type VitalwireServer,
} from '@vitalwire/server';
import { SECRET } from '../tokens.ts';
import type { Answer, Call, Start, Steering } from './calls.ts';
import { fileLogger } from './file-logger.ts';
import { SteeredClock } from './steered-clock.ts';
import { SteeredLog } from './steered-log.ts';
import { SteeredTokens } from './steered-tokens.ts';

/** What answers the questions of {@link ServerProcess}, by name. */
export type CallHandlers = Record<string, (argument: never) => unknown>;

/** Options of {@link serveProcess}. */
export interface ServeProcessOptions {
  /**
   * Whether time, tokens and logs can be steered. Without, the server runs on the system's clock and on the bare log store.
   * @default true
   */
  steered?: boolean;
  /** The message types. @default the standard catalogue */
  catalogue?: Catalogue;
}

/**
 * Serves in this process what its parent, a `ServerProcess`, asks for, and answers its questions.
 *
 * @param more handlers of further questions.
 */
export async function serveProcess(
  { steered = true, catalogue }: ServeProcessOptions = {},
  more: (server: VitalwireServer, log: LogStore) => CallHandlers = () => ({}),
): Promise<void> {
  const start = JSON.parse(process.argv[2] ?? '{}') as Start;
  const clock = steered ? new SteeredClock(start.steering?.aheadMs) : undefined;
  const store = openStore(start, clock);
  // A server that is behind a balancer is not there before it can do its work.
  await store.nodes?.check().catch(() => {});
  const log = steered && !store.nodes ? new SteeredLog(store, start.steering?.logs) : undefined;
  const { secret = SECRET, clockToleranceMs, logFile, compression, limits, timing } = start;
  const auth = { secret, ...(clockToleranceMs !== undefined && { clockToleranceMs }) };
  const tokens =
    clock &&
    new SteeredTokens(
      createTokenVerifier(auth, () => clock.now()),
      start.steering?.expiredTokens,
    );
  const server = createServer({
    auth: tokens?.verify ?? auth,
    log: log ?? store,
    ...(catalogue && { catalogue }),
    ...(clock && { clock }),
    ...(logFile !== undefined && { logger: fileLogger(logFile) }),
    ...(compression !== undefined && { compression }),
    ...(limits && { limits }),
    ...(timing && { timing }),
  });

  const steering = (): Steering => ({
    aheadMs: need(clock).aheadMs,
    expiredTokens: need(tokens).expired,
    logs: need(log).changes,
  });
  const handlers: CallHandlers = {
    revoke: (userId: string) => server.revoke(userId),
    close: () => server.close(),
    expireToken: (userId: string) => {
      need(tokens).expire(userId);
      return steering();
    },
    evict: async ({ diagnosisId, keep }: { diagnosisId: number; keep: number }) => {
      await need(log).evict(diagnosisId, keep);
      return steering();
    },
    newEpoch: async (diagnosisId: number) => {
      await need(log).renew(diagnosisId);
      return steering();
    },
    advance: (ms: number) => {
      need(clock).advance(ms);
      return steering();
    },
    ...more(server, log ?? store),
  };

  process.on('disconnect', () => process.exit(1)); // no orphan when the parent is gone
  process.on('message', ({ id, name, argument }: Call) => {
    execute(handlers[name], argument).then(
      (result) => process.send?.({ id, result } satisfies Answer),
      (error: unknown) => process.send?.({ id, error: String(error) } satisfies Answer),
    );
  });
  const { port } = await server.listen({ port: start.port });
  flushCompileCache(); // now, since this process is not going to end by itself
  process.send?.({ id: 0, result: port } satisfies Answer);
}

function openStore({ path, redis, retention, logFile }: Start, clock: SteeredClock | undefined): LogStore {
  const kept = {
    ...(retention && { retention }),
    ...(logFile !== undefined && { logger: fileLogger(logFile) }),
  };
  if (redis !== undefined) return redisLog({ url: redis, ...kept });
  const local = { ...kept, ...(clock && { now: () => clock.now() }) };
  return path === undefined ? memoryLog(local) : sqliteLog({ path, ...local });
}

async function execute(handler: CallHandlers[string] | undefined, argument: unknown): Promise<unknown> {
  if (!handler) throw new Error('this server does not know the question');
  return handler(argument as never);
}

function need<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('this server cannot be steered');
  return part;
}
