import type { Random } from '../../support/random.ts';
import type { Redis } from '../redis.ts';
import type { Fault, FaultKind, System } from './fault.ts';

/** What no other fault of Redis may disturb. */
export const REDIS = 'redis';

/** A fault of the Redis that the nodes share; nothing where there is none. */
export function redisFault(
  kind: Pick<FaultKind, 'name' | 'weight' | 'newEpochs'>,
  plan: (redis: Redis, system: System, random: Random) => Omit<Fault, 'target' | 'claims'>,
): FaultKind {
  return {
    ...kind,
    unavailable: ({ cluster }) => (cluster.redis === undefined ? 'no Redis' : undefined),
    plan(system, random) {
      const { redis } = system.cluster;
      return redis && { target: 'redis', claims: [REDIS], ...plan(redis, system, random) };
    },
  };
}
