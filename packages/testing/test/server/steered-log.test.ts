import { memoryLog } from '@vitalwire/server';
import { describeLogStore } from '@vitalwire/server/testing';
import { SteeredLog } from '../../src/server/steered-log.ts';

// Unless it is steered it keeps every promise of a log store; what steering does to subscribers: server-process.test.ts.
describeLogStore('a steered log', (conditions) => ({
  store: new SteeredLog(memoryLog(conditions)),
}));
// Also where the log is not the first one of its topic.
describeLogStore('a steered log with renewed topics', (conditions) => ({
  store: new SteeredLog(memoryLog(conditions), {
    evicted: [],
    renewed: Array.from({ length: 20 }, (_, index) => [index + 1, [index + 1, -1 - index]] as const),
  }),
}));
