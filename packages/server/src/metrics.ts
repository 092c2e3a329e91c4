import type { CloseReason, GapReason } from '@vitalwire/protocol';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Why a connection ended: a reason of the server's own close, `peer` when the peer said goodbye, `lost` when the
 * connection went away without a word.
 */
export type ConnectionEnd = CloseReason | 'peer' | 'lost';

/** Counts what happens, for `GET /metrics`. The calls are cheap and never throw. No id ever becomes a label. */
export interface Metrics {
  connectionOpened(): void;
  connectionClosed(reason: ConnectionEnd): void;
  /** A subscription began (+1) or ended (−1). */
  subscriptions(change: 1 | -1): void;
  /**
   * Publications became durable.
   *
   * @param type their message type, which comes from the catalogue and not from a peer.
   */
  published(type: string, count: number): void;
  /** A request to publish one or many is durable, so many seconds after it began. */
  publishTook(seconds: number): void;
  /** Publications were handed to the sockets of subscribers. */
  delivered(count: number): void;
  /** A subscriber was told that publications can no longer be supplied. */
  gap(reason: GapReason): void;
  /** Everything counted so far, and the state of the process, in the text format of Prometheus. */
  expose(): Promise<{ contentType: string; text: string }>;
}

/** Creates counters of their own for one server; two servers of one process never mix theirs. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const connections = new Gauge({ name: 'vitalwire_connections', help: 'Open connections.', registers });
  const subscriptions = new Gauge({
    name: 'vitalwire_subscriptions',
    help: 'Open subscriptions.',
    registers,
  });
  const publications = new Counter({
    name: 'vitalwire_publications_total',
    help: 'Publications that became durable.',
    labelNames: ['type'],
    registers,
  });
  const deliveries = new Counter({
    name: 'vitalwire_deliveries_total',
    help: 'Publications handed to the sockets of subscribers.',
    registers,
  });
  const gaps = new Counter({
    name: 'vitalwire_gaps_total',
    help: 'Gaps announced to subscribers.',
    labelNames: ['reason'],
    registers,
  });
  const closes = new Counter({
    name: 'vitalwire_closes_total',
    help: 'Connections that ended.',
    labelNames: ['reason'],
    registers,
  });
  const publishSeconds = new Histogram({
    name: 'vitalwire_publish_seconds',
    help: 'Time from a request to publish to its durable append.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  });
  /** Not in the counters yet, because a number is counted up in less time. */
  let delivered = 0;
  const published = new Map<string, number>();
  return {
    connectionOpened: () => connections.inc(),
    connectionClosed(reason) {
      connections.dec();
      closes.inc({ reason });
    },
    subscriptions: (change) => subscriptions.inc(change),
    published(type, count) {
      published.set(type, (published.get(type) ?? 0) + count);
    },
    // A clock that was set back must not make the histogram throw or shrink.
    publishTook: (seconds) => publishSeconds.observe(Math.max(0, seconds)),
    delivered(count) {
      delivered += count;
    },
    gap: (reason) => gaps.inc({ reason }),
    async expose() {
      deliveries.inc(delivered);
      delivered = 0;
      for (const [type, count] of published) publications.inc({ type }, count);
      published.clear();
      const parts = await Promise.all([registry.metrics(), processRegistry().metrics()]);
      return { contentType: registry.contentType, text: parts.join('\n') };
    },
  };
}

let ofProcess: Registry | undefined;

/**
 * The metrics of the process, once for all servers in it: prom-client observes garbage collection and the event loop
 * from the first call on and has no way to stop.
 */
function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}
