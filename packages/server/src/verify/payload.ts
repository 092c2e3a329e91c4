import { hash } from 'node:crypto';
import type { Topic } from '../log/log-store.ts';

/** What a payload proves of its publication, wherever it turns up. */
export interface PayloadFacts {
  /** Unique among all publications of a run. */
  readonly id: string;
  readonly topic: Topic;
  readonly publisher: string;
  /** 1, 2, 3 … of this publisher and topic. */
  readonly counter: number;
  /** The only user who may see it. */
  readonly to?: string;
}

/** A `feedback_update` that carries these facts in its comment. `padding` makes it longer by so many characters. */
export function feedbackPayload(facts: PayloadFacts, padding = 0) {
  return {
    feedback_id: facts.id,
    rating: 1 + (facts.counter % 5),
    effectiveness: (facts.counter % 101) / 100,
    comment: carried(facts, padding),
  };
}

/** An `effectiveness_update` that carries these facts in its herb. */
export function effectivenessPayload(facts: PayloadFacts, padding = 0) {
  return {
    recommendation_id: facts.id,
    new_effectiveness: (facts.counter % 101) / 100,
    confidence: 0.9,
    sample_size: facts.counter,
    herb: carried(facts, padding),
  };
}

/** The facts in the data of a delivered message; `undefined` when it carries none, as when it was damaged. */
export function readPayload(data: object): PayloadFacts | undefined {
  const { comment, herb } = data as { comment?: unknown; herb?: unknown };
  const text = comment ?? herb;
  if (typeof text !== 'string') return undefined;
  try {
    const { id, topic, publisher, counter, to } = JSON.parse(text);
    if (typeof id !== 'string' || typeof topic !== 'number' || typeof publisher !== 'string')
      return undefined;
    if (typeof counter !== 'number') return undefined;
    return { id, topic, publisher, counter, ...(typeof to === 'string' && { to }) };
  } catch {
    return undefined;
  }
}

/**
 * A short digest of a payload, the same for what was published and what arrived: all fields count, in whatever order.
 * One of 96 bits, so that no two payloads of a run share one by chance.
 */
export function digestOf(data: object): string {
  const fields = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify(fields), 'base64url').slice(0, 16);
}

function carried(facts: PayloadFacts, padding: number): string {
  return JSON.stringify(padding > 0 ? { ...facts, pad: 'x'.repeat(padding) } : facts);
}
