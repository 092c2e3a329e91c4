import type { TargetName } from '../target-names.ts';
import { fanOut } from './fan-out.ts';
import { idleMemory } from './idle-memory.ts';
import { publishByHttp } from './publish.ts';
import type { Scenario } from './scenario.ts';
import { storm } from './storm.ts';

const ALL: readonly TargetName[] = ['limit', 'ws-naive', 'vitalwire-memory', 'vitalwire-sqlite'];

/** Everything that is measured. */
export const scenarios: readonly Scenario[] = [
  fanOut('fan-out-100', '100 subscribers of one topic, 1 message a tick', {
    subscribers: 100,
    topics: 1,
    messages: 1,
    targets: ALL,
  }),
  fanOut('fan-out-1000', '1,000 subscribers of one topic, 1 message a tick', {
    subscribers: 1_000,
    topics: 1,
    messages: 1,
    targets: ALL,
  }),
  fanOut('fan-out-5000', '5,000 subscribers of one topic, 1 message a tick', {
    subscribers: 5_000,
    topics: 1,
    messages: 1,
    targets: ALL,
  }),
  fanOut('fan-out-100-by-8', '100 subscribers of one topic, 8 messages a tick', {
    subscribers: 100,
    topics: 1,
    messages: 8,
    targets: ALL,
  }),
  fanOut('fan-out-1000-by-8', '1,000 subscribers of one topic, 8 messages a tick', {
    subscribers: 1_000,
    topics: 1,
    messages: 8,
    targets: ALL,
  }),
  fanOut('fan-out-5000-by-8', '5,000 subscribers of one topic, 8 messages a tick', {
    subscribers: 5_000,
    topics: 1,
    messages: 8,
    targets: ALL,
  }),
  fanOut('topics-1000', '5,000 subscribers over 1,000 topics, 1 message a topic and tick', {
    subscribers: 5_000,
    topics: 1_000,
    messages: 1,
    targets: ALL,
  }),
  fanOut('topics-100', '500 subscribers over 100 topics, 1 message a topic and tick', {
    subscribers: 500,
    topics: 100,
    messages: 1,
    targets: ['limit', 'vitalwire-memory'],
  }),
  idleMemory(10_000, ['limit', 'ws-naive', 'vitalwire-memory', 'vitalwire-sqlite']),
  storm('storm', '5,000 clients of one topic reconnect at once, each missed 20 messages', {
    clients: 5_000,
    topics: 1,
    missed: 20,
    storms: 3,
    targets: ['ws-naive', 'vitalwire-memory', 'vitalwire-sqlite'],
  }),
  storm('storm-topics', '5,000 clients of 1,000 topics reconnect at once, each missed 20 messages', {
    clients: 5_000,
    topics: 1_000,
    missed: 20,
    storms: 3,
    targets: ['ws-naive', 'vitalwire-sqlite'],
  }),
  publishByHttp('publish', 'publish by HTTP, 64 at once, to a topic with one subscriber', {
    connections: 64,
    targets: ['ws-naive', 'vitalwire-memory', 'vitalwire-sqlite'],
  }),
];
