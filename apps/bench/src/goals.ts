import type { Goal, Place } from './report/goals.ts';
import type { TargetName } from './target-names.ts';

/** The figures to reach. */
export const goals: readonly Goal[] = [
  cpuOverLimit('1 message a tick, 1,000 subscribers: × the limit', 'fan-out-1000', 1.05),
  cpuOverLimit('1 message a tick, 5,000 subscribers: × the limit', 'fan-out-5000', 1.2),
  {
    title: '8 messages a tick, 1,000 subscribers: × the naive loop',
    of: cpu('fan-out-1000-by-8', 'vitalwire-memory'),
    over: cpu('fan-out-1000-by-8', 'ws-naive'),
    atMost: 0.12,
    unit: '×',
  },
  cpuOverLimit('5,000 subscribers over 1,000 topics: × the limit', 'topics-1000', 1.15),
  {
    title: 'memory of an idle connection, of 10,000',
    of: { scenario: 'idle-memory', target: 'vitalwire-memory', figure: 'memory' },
    atMost: 10,
    unit: 'kB',
  },
  {
    title: 'storm of 5,000, from SQLite: × the bare reconnect of the naive server',
    of: { scenario: 'storm', target: 'vitalwire-sqlite', figure: 'time' },
    over: { scenario: 'storm', target: 'ws-naive', figure: 'time' },
    atMost: 2,
    unit: '×',
  },
  {
    title: 'the same with 1,000 topics',
    of: { scenario: 'storm-topics', target: 'vitalwire-sqlite', figure: 'time' },
    over: { scenario: 'storm-topics', target: 'ws-naive', figure: 'time' },
    atMost: 2,
    unit: '×',
  },
  {
    title: 'publish by HTTP, 64 at once, durable in SQLite',
    of: { scenario: 'publish', target: 'vitalwire-sqlite', figure: 'rate' },
    atLeast: 25_000,
    unit: '/s',
  },
  {
    title: 'the same: × a handler that only parses and sends',
    of: { scenario: 'publish', target: 'vitalwire-sqlite', figure: 'rate' },
    over: { scenario: 'publish', target: 'ws-naive', figure: 'rate' },
    atLeast: 0.6,
    unit: '×',
  },
];

function cpuOverLimit(title: string, scenario: string, atMost: number): Goal {
  return { title, of: cpu(scenario, 'vitalwire-memory'), over: cpu(scenario, 'limit'), atMost, unit: '×' };
}

function cpu(scenario: string, target: TargetName): Place {
  return { scenario, target, figure: 'cpu' };
}
