import type { Appended, Entry, LogStore, PageLimit, Retention, Topic } from '../../log/log-store.ts';
import type { ManualClock } from '../manual-clock.ts';

export interface Opened {
  readonly store: LogStore;
  /** The clock that the store reads. */
  readonly clock: ManualClock;
  /** Closes the last store, and opens its data again. */
  readonly reopen: (retention?: Partial<Retention>) => Promise<LogStore>;
  readonly dispose: () => Promise<void>;
}

export type Open = (retention?: Partial<Retention>) => Promise<Opened>;

export const EVERYTHING: PageLimit = { publications: Infinity, size: Infinity };

/** Pairs of different names that something between here and a disk might take for the same. */
export const CONFUSABLE_NAMES: readonly string[] = [
  'a',
  'A',
  'a\0b',
  ' a',
  'a ',
  '\ud800',
  '\ud801',
  '\ufffd',
  'e\u0301',
  '\u00e9',
  '__proto__',
  'constructor',
  '"a"',
  "' OR 1=1 --",
  '{a}',
  '*',
  '1',
  '01',
  '1.0',
];

/** Appends one after the other, and resolves with the offsets. */
export async function appendAll(
  store: LogStore,
  topic: Topic,
  entries: readonly (string | Entry)[],
): Promise<number[]> {
  const offsets: number[] = [];
  for (const entry of entries) {
    const appended = await store.append(topic, typeof entry === 'string' ? { text: entry } : entry);
    offsets.push(appended.position.offset);
  }
  return offsets;
}

export function textsOf(page: { publications: readonly { text: string }[] }): string[] {
  return page.publications.map(({ text }) => text);
}

export function offsetsOf(items: { publications: readonly { offset: number }[] }): number[] {
  return items.publications.map(({ offset }) => offset);
}

export function offsetOf({ position }: Appended): number {
  return position.offset;
}

/** What became of an append, without what only a store with nodes counts. */
export function withoutRecipients({ recipients: _, ...appended }: Appended): Appended {
  return appended;
}

/** Whole numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
