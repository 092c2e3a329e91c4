import type { Logger } from '../../logger.ts';
import type { Retention } from '../log-store.ts';
import type { Address } from './address.ts';

/** Options of the Redis log with the defaults filled in. */
export interface RedisLogSettings {
  readonly address: Address;
  /** What the names of all keys and channels begin with. */
  readonly prefix: string;
  readonly retention: Retention;
  readonly commandTimeoutMs: number;
  /** Absent: the clock of the Redis server, which is the same for all nodes. */
  readonly now: (() => number) | undefined;
  readonly logger: Logger;
}
