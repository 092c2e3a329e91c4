import { type TargetName, targetNames } from '../target-names.ts';
import { fanOut } from './fan-out.ts';
import { idleMemory } from './idle-memory.ts';
import { latency } from './latency.ts';
import { publishByHttp } from './publish.ts';
import type { Scenario } from './scenario.ts';
import { storm } from './storm.ts';

const SUBSCRIBERS = [100, 1_000, 5_000];
const VITALWIRE: readonly TargetName[] = ['vitalwire-memory', 'vitalwire-sqlite', 'vitalwire-redis'];
const STORM = { clients: 5_000, missed: 20 };

/** Everything that is measured. */
export const scenarios: readonly Scenario[] = [
  ...SUBSCRIBERS.map((subscribers) =>
    fanOut(`fan-out-${subscribers}`, `${thousands(subscribers)} subscribers of one topic, 1 message a tick`, {
      subscribers,
      topics: 1,
      messages: 1,
      targets: targetNames,
    }),
  ),
  ...SUBSCRIBERS.map((subscribers) =>
    fanOut(
      `fan-out-${subscribers}-by-8`,
      `${thousands(subscribers)} subscribers of one topic, 8 messages a tick`,
      { subscribers, topics: 1, messages: 8, targets: targetNames },
    ),
  ),
  fanOut('topics-1000', '5,000 subscribers over 1,000 topics, a message to each topic a tick', {
    subscribers: 5_000,
    topics: 1_000,
    messages: 1,
    targets: targetNames,
  }),
  fanOut('topics-100', '500 subscribers over 100 topics, a message to each topic a tick', {
    subscribers: 500,
    topics: 100,
    messages: 1,
    targets: targetNames,
  }),
  latency('latency', '10,000 deliveries/s to 1,000 subscribers of one topic', {
    subscribers: 1_000,
    ticksPerSecond: 10,
    targets: targetNames,
  }),
  idleMemory(10_000, targetNames),
  storm('storm', '5,000 clients of one topic reconnect at once, each missed 20 messages', {
    ...STORM,
    topics: 1,
    targets: ['ws-naive', ...VITALWIRE, 'socket.io'],
  }),
  storm('storm-topics', '5,000 clients of 1,000 topics reconnect at once, each missed 20 messages', {
    ...STORM,
    topics: 1_000,
    targets: ['ws-naive', ...VITALWIRE, 'socket.io'],
  }),
  publishByHttp('publish', 'publish by HTTP, 64 at once, to a topic with one subscriber', {
    connections: 64,
    topics: 1,
    targets: ['ws-naive', ...VITALWIRE],
  }),
  publishByHttp('publish-batch', 'publish by HTTP, 1,000 in a body, 4 bodies at once, to 100 topics', {
    connections: 4,
    topics: 100,
    batch: 1_000,
    targets: VITALWIRE,
  }),
];

function thousands(value: number): string {
  return value.toLocaleString('en-US');
}
