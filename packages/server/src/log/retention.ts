import { OptionError } from '../errors.ts';
import { refuseUnknown } from '../options.ts';
import { DEFAULT_RETENTION, type Retention } from './log-store.ts';

/** What a retention means at one instant. Stores compare times with it and decide nothing themselves. */
export interface Horizon {
  /** The instant, in whole milliseconds since 1970. */
  readonly now: number;
  /** Most publications kept a topic. */
  readonly publications: number;
  /** A publication or an idempotency key of this time, or older, has expired. */
  readonly expired: number;
  /** A topic whose last append has this time, or is older, is forgotten. */
  readonly forgotten: number;
}

/** What the decisions need to know of a topic's log. */
export interface Extent {
  /** The oldest offset that was not removed yet, or `top + 1`. */
  readonly first: number;
  readonly top: number;
  /** When the last append was, or when the log began if there was none. */
  readonly lastTime: number;
}

/**
 * Fills in what was not given.
 *
 * @throws {OptionError} naming the option, for unknown names and for values that cannot be kept.
 */
export function resolveRetention(given: Partial<Retention> = {}): Retention {
  if (typeof given !== 'object' || given === null) throw new OptionError('retention', 'must be an object');
  refuseUnknown(given, Object.keys(DEFAULT_RETENTION), 'retention.');
  const { publications, ageMs } = { ...DEFAULT_RETENTION, ...withoutUndefined(given) };
  // A topic that is forgotten takes its publications along, so its own age follows theirs unless it was asked for.
  const topAgeMs = given.topAgeMs ?? Math.max(DEFAULT_RETENTION.topAgeMs, ageMs);
  refuseNumber('publications', publications, Number.isInteger(publications));
  refuseNumber('ageMs', ageMs, true);
  refuseNumber('topAgeMs', topAgeMs, true);
  if (topAgeMs < ageMs) throw new OptionError('retention.topAgeMs', 'must not be less than retention.ageMs');
  return Object.freeze({ publications, ageMs, topAgeMs });
}

export function horizonAt({ publications, ageMs, topAgeMs }: Retention, time: number): Horizon {
  const now = Math.trunc(time);
  return { now, publications, expired: now - ageMs, forgotten: now - topAgeMs };
}

/** The time of an append. Never before the previous one of its topic, so that a clock set backwards harms nothing. */
export function timeOfAppend({ now }: Horizon, lastTime: number): number {
  return Math.max(now, lastTime);
}

export function isForgotten({ lastTime }: Extent, { forgotten }: Horizon): boolean {
  return lastTime <= forgotten;
}

/** The oldest retained offset, or `top + 1`. Asks for the times of few offsets, all of them between `first` and `top`. */
export function earliestOf(
  { first, top, lastTime }: Extent,
  { publications, expired }: Horizon,
  timeOf: (offset: number) => number,
): number {
  if (lastTime <= expired) return top + 1;
  const low = Math.max(first, top - publications + 1);
  if (low > top || timeOf(low) > expired) return low;
  // Times never decrease, so the boundary is found by halves. `gone` has expired, `kept` has not.
  let gone = low;
  let kept = top;
  while (kept - gone > 1) {
    const middle = Math.floor((gone + kept) / 2);
    if (timeOf(middle) > expired) kept = middle;
    else gone = middle;
  }
  return kept;
}

function refuseNumber(name: keyof Retention, value: unknown, whole: boolean): void {
  const valid = typeof value === 'number' && value >= 1 && (whole || value === Infinity);
  if (!valid) {
    const kind = name === 'publications' ? 'a whole number' : 'a number of milliseconds';
    throw new OptionError(`retention.${name}`, `must be ${kind} of at least 1, or Infinity`);
  }
}

function withoutUndefined(given: Partial<Retention>): Partial<Retention> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
