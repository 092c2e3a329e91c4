import { join } from 'node:path';
import type { TargetName } from '../../target-names.ts';
import type { Target, TargetOptions } from '../target.ts';

/** How each target is started. A process loads the one that it needs, and nothing of the others. */
export const targets: Record<TargetName, (options: TargetOptions) => Promise<Target>> = {
  limit: async () => (await import('./limit.ts')).startLimit(),
  'ws-naive': async () => (await import('./ws-naive.ts')).startWsNaive(),
  'vitalwire-memory': async () => {
    const { memoryLog } = await import('@vitalwire/server');
    return (await import('./vitalwire.ts')).startVitalwire(memoryLog());
  },
  'vitalwire-sqlite': async ({ folder }) => {
    const { sqliteLog } = await import('@vitalwire/server');
    const path = join(folder, 'vitalwire.db');
    return (await import('./vitalwire.ts')).startVitalwire(sqliteLog({ path }));
  },
  'vitalwire-redis': async ({ redis = '' }) => {
    const { redisLog } = await import('@vitalwire/server');
    const log = redisLog({ url: redis });
    await log.nodes?.check();
    return (await import('./vitalwire.ts')).startVitalwire(log);
  },
  'socket.io': async () => (await import('./socket-io.ts')).startSocketIo(),
  trpc: async () => (await import('./trpc.ts')).startTrpc(),
  'graphql-ws': async () => (await import('./graphql-ws.ts')).startGraphqlWs(),
};
