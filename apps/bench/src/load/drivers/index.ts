import type { TargetName } from '../../target-names.ts';
import type { Driver } from '../driver.ts';
import { bare } from './bare.ts';
import { graphqlWs } from './graphql-ws.ts';
import { socketIo } from './socket-io.ts';
import { trpc } from './trpc.ts';
import { vitalwire } from './vitalwire.ts';
import { ws } from './ws.ts';

/** What each target speaks. */
export const drivers: Record<TargetName, Driver> = {
  limit: bare,
  'ws-naive': ws,
  'vitalwire-memory': vitalwire,
  'vitalwire-sqlite': vitalwire,
  'vitalwire-redis': vitalwire,
  'socket.io': socketIo,
  trpc,
  'graphql-ws': graphqlWs,
};
