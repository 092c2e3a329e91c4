// Doubles for tests of code that uses the server, and the suites that an implementation of its interfaces must pass.

export {
  describeLogStore,
  type LogStoreConditions,
  type LogStoreFixture,
  type LogStoreTraits,
  type MakeLogStore,
} from './describe-log-store.ts';
export { ManualClock } from './manual-clock.ts';
