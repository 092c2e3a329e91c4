import type { Access } from './auth/access.ts';
import type { VerifyToken } from './auth/principal.ts';
import type { Clock } from './clock.ts';
import type { Hub } from './hub.ts';
import type { LogStore } from './log/log-store.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { Limits, Timing } from './options.ts';
import type { Receipts } from './receipts.ts';
import type { SharedReads } from './shared-reads.ts';

/** What sessions share. */
export interface SessionContext {
  readonly hub: Hub;
  readonly log: LogStore;
  readonly reads: SharedReads;
  readonly receipts: Receipts;
  readonly verify: VerifyToken;
  readonly access: Access;
  readonly limits: Limits;
  readonly timing: Timing;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}
