import type { Topic } from '../log/log-store.ts';
import type { HistoryEvent } from './history.ts';

/**
 * What can be found wrong, and the property that it breaks. C: the log. D: deliveries to one subscriber. Z: access.
 */
export const violationKinds = {
  /** Two values at one position. */
  'inconsistent-offset': 'C1',
  /** One value at two offsets of an epoch. */
  'duplicate-append': 'C2',
  /** Acknowledged, and not in the log in the end. */
  'lost-ack': 'C3',
  /** Never published. */
  phantom: 'C4',
  /** Refused with "certainly not appended". */
  'aborted-visible': 'C4',
  /** An offset that no publication can have. */
  hole: 'C5',
  'publisher-reorder': 'C6',
  /** A was acknowledged before B was begun, and stands after B. */
  'realtime-reorder': 'C7',
  'node-divergence': 'C9',
  /** An epoch that changed where it must not, or without a word, or that stayed where the log lost something. */
  'epoch-lie': 'C10',
  skip: 'D1',
  'duplicate-delivery': 'D1',
  backwards: 'D1',
  /** `recovered` was claimed over missing publications. */
  'false-recovered': 'D1',
  'wrong-value': 'D2',
  corrupted: 'D2',
  undelivered: 'D3',
  'false-gap': 'D4',
  'inexact-gap': 'D5',
  /** `recovery.count` is not the number of publications to supply. */
  'wrong-count': 'D5',
  'uncommitted-visible': 'D6',
  'cross-topic': 'D7',
  'cross-user': 'D7',
  'published-after-revocation': 'Z1',
  'delivered-after-revocation': 'Z2',
  'delivered-after-expiry': 'Z3',
  'acknowledged-without-access': 'Z4',
  'resumed-without-access': 'Z5',
} as const;

export type ViolationKind = keyof typeof violationKinds;
type Property = (typeof violationKinds)[ViolationKind];

/** One broken promise. */
export interface Violation {
  readonly property: Property;
  readonly kind: ViolationKind;
  readonly topic?: Topic | undefined;
  readonly subscriber?: string | undefined;
  /** What is wrong, for people. */
  readonly detail: string;
  /** The events that show it. */
  readonly events: readonly HistoryEvent[];
}

/** Keeps the first violations of each kind, and counts all. */
export class Violations {
  readonly #kept = new Map<ViolationKind, Violation[]>();
  readonly #counts = new Map<ViolationKind, number>();
  readonly #limit: number;

  /** @param limit how many of each kind are kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(kind: ViolationKind, violation: Omit<Violation, 'kind' | 'property'>): void {
    const kept = this.#kept.get(kind) ?? [];
    this.#kept.set(kind, kept);
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    if (kept.length >= this.#limit) return;
    // A log can be long, and its entries are in the history.
    const events = violation.events.map((event) =>
      event.type === 'log.read' ? { ...event, entries: [] } : event,
    );
    kept.push({ property: violationKinds[kind], kind, ...violation, events });
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get counts(): Readonly<Partial<Record<ViolationKind, number>>> {
    return Object.fromEntries(this.#counts);
  }

  get kept(): readonly Violation[] {
    return [...this.#kept.values()].flat();
  }
}
