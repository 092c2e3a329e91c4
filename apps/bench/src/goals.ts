import type { Goal, Place } from './report/goals.ts';
import type { TargetName } from './target-names.ts';

/** The figures to reach. */
export const goals: readonly Goal[] = [
  {
    title: '1 message a tick, 1,000 subscribers: CPU × the limit',
    of: place('fan-out-1000', 'vitalwire-memory', 'cpu'),
    over: [place('fan-out-1000', 'limit', 'cpu')],
    atMost: 1.05,
    unit: '×',
  },
  {
    title: '1 message a tick, 5,000 subscribers: CPU × the limit',
    of: place('fan-out-5000', 'vitalwire-memory', 'cpu'),
    over: [place('fan-out-5000', 'limit', 'cpu')],
    atMost: 1.2,
    unit: '×',
  },
  {
    title: '8 messages a tick, 1,000 subscribers: CPU × the naive loop',
    of: place('fan-out-1000-by-8', 'vitalwire-memory', 'cpu'),
    over: [place('fan-out-1000-by-8', 'ws-naive', 'cpu')],
    atMost: 0.12,
    unit: '×',
  },
  {
    title: '5,000 subscribers over 1,000 topics: CPU × the limit',
    of: place('topics-1000', 'vitalwire-memory', 'cpu'),
    over: [place('topics-1000', 'limit', 'cpu')],
    atMost: 1.15,
    unit: '×',
  },
  {
    title: 'p99 at 10,000 deliveries/s, 1,000 subscribers: × the limit',
    of: place('latency', 'vitalwire-memory', 'p99'),
    over: [place('latency', 'limit', 'p99')],
    atMost: 1.2,
    unit: '×',
  },
  {
    title: 'memory of an idle connection, of 10,000',
    of: place('idle-memory', 'vitalwire-memory', 'memory'),
    atMost: 10,
    unit: 'kB',
  },
  {
    title: 'storm of 5,000, from SQLite: time × a bare reconnect to ws-naive',
    of: place('storm', 'vitalwire-sqlite', 'time'),
    over: [place('storm', 'ws-naive', 'time')],
    atMost: 2,
    unit: '×',
  },
  {
    title: 'storm of 5,000 over 1,000 topics, from SQLite: the same',
    of: place('storm-topics', 'vitalwire-sqlite', 'time'),
    over: [place('storm-topics', 'ws-naive', 'time')],
    atMost: 2,
    unit: '×',
  },
  {
    title: 'publish by HTTP, 64 at once, durable in SQLite',
    of: place('publish', 'vitalwire-sqlite', 'rate'),
    atLeast: 25_000,
    unit: '/s',
  },
  {
    title: 'publish by HTTP: rate × a handler that parses and sends',
    of: place('publish', 'vitalwire-sqlite', 'rate'),
    over: [place('publish', 'ws-naive', 'rate')],
    atLeast: 0.6,
    unit: '×',
  },
  {
    title: 'publish by HTTP, 1,000 in a body, durable in SQLite',
    of: place('publish-batch', 'vitalwire-sqlite', 'rate'),
    atLeast: 100_000,
    unit: '/s',
  },
  {
    title: 'publish through Redis, by HTTP, 64 at once',
    of: place('publish', 'vitalwire-redis', 'rate'),
    atLeast: 15_000,
    unit: '/s',
  },
  {
    title: 'deliver through Redis, 1,000 subscribers: CPU × memory',
    of: place('fan-out-1000', 'vitalwire-redis', 'cpu'),
    over: [place('fan-out-1000', 'vitalwire-memory', 'cpu')],
    atMost: 1.15,
    unit: '×',
  },
  {
    title: "10 × topics and subscribers: growth of CPU × the limit's",
    of: place('topics-1000', 'vitalwire-memory', 'cpu'),
    over: [place('topics-100', 'vitalwire-memory', 'cpu'), place('topics-1000', 'limit', 'cpu')],
    times: [place('topics-100', 'limit', 'cpu')],
    atMost: 1,
    unit: '×',
  },
];

function place(scenario: string, target: TargetName, figure: string): Place {
  return { scenario, target, figure };
}
