/** Everything that can be measured, in the order of the tables. */
export const targetNames = [
  'limit',
  'ws-naive',
  'vitalwire-memory',
  'vitalwire-sqlite',
  'vitalwire-redis',
  'socket.io',
  'trpc',
  'graphql-ws',
] as const;

export type TargetName = (typeof targetNames)[number];
