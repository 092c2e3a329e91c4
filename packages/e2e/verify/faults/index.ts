import { connectionCut } from './connection-cut.ts';
import { deviceAsleep } from './device-asleep.ts';
import { diskFull } from './disk-full.ts';
import type { FaultKind } from './fault.ts';
import { frameCut } from './frame-cut.ts';
import { halfOpen } from './half-open.ts';
import { networkDown } from './network-down.ts';
import { packetTrickle } from './packet-trickle.ts';
import { powerLost } from './power-lost.ts';
import { publishedTwice } from './published-twice.ts';
import { readerPaused } from './reader-paused.ts';
import { redisConnectionsCut } from './redis-connections-cut.ts';
import { redisEmptied, redisMetadataDeleted, redisStreamDeleted } from './redis-data-lost.ts';
import { redisFailedOver } from './redis-failed-over.ts';
import { redisFrozen } from './redis-frozen.ts';
import { redisKilled } from './redis-killed.ts';
import { redisPutBack } from './redis-put-back.ts';
import { rollingRestart } from './rolling-restart.ts';
import { serverFrozen } from './server-frozen.ts';
import { serverKilled } from './server-killed.ts';
import { slowNetwork } from './slow-network.ts';
import { tabCrashed } from './tab-crashed.ts';
import { tabReloaded } from './tab-reloaded.ts';
import { tokenExpired } from './token-expired.ts';
import { userRevoked } from './user-revoked.ts';

/** Everything that can be made to go wrong. */
export const faultKinds: readonly FaultKind[] = [
  connectionCut,
  frameCut,
  networkDown,
  halfOpen,
  slowNetwork,
  packetTrickle,
  readerPaused,
  serverKilled,
  serverFrozen,
  rollingRestart,
  powerLost,
  diskFull,
  redisKilled,
  redisFrozen,
  redisConnectionsCut,
  redisFailedOver,
  redisMetadataDeleted,
  redisStreamDeleted,
  redisEmptied,
  redisPutBack,
  publishedTwice,
  tokenExpired,
  userRevoked,
  tabReloaded,
  tabCrashed,
  deviceAsleep,
];
