import type { Topic } from '../log-store.ts';
import type { Address } from './address.ts';

/** What all names begin with in a database: channels know no databases. No prefix has a slash itself. */
export function prefixIn({ database }: Address, prefix: string): string {
  return database === 0 ? prefix : `${prefix}:/${database}`;
}

/** The keys of a topic, in the order in which scripts take them. The braces keep them in one slot of a cluster. */
export interface TopicKeys {
  readonly channel: string;
  readonly all: readonly string[];
  /** Where an idempotency key is kept. JSON keeps apart what text of another encoding would mix up. */
  idempotency(key: string): string;
}

export function topicKeys(prefix: string, topic: Topic): TopicKeys {
  const base = `${prefix}:{${topic}}`;
  return {
    channel: base,
    all: ['head', 'entries', 'receipts', 'nodes', 'users'].map((name) => `${base}:${name}`),
    idempotency: (key) => `${base}:key:${JSON.stringify(key)}`,
  };
}

/** What the nodes share besides the logs. */
export function controlKeys(prefix: string) {
  const base = `${prefix}:{control}`;
  return {
    channel: base,
    all: ['lineage', 'census', 'revocations'].map((name) => `${base}:${name}`),
    lineage: `${base}:lineage`,
    revocations: `${base}:revocations`,
    /** Topics that may have retained publications, by the time when a node last said that it appends to them. */
    topics: `${base}:topics`,
  };
}
