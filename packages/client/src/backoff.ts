/** How waits grow between retries. */
export interface BackoffSettings {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * The wait before a retry: random from 0 to `min(maxMs, baseMs · 2^failures)`, the first retry included, so that
 * clients which were cut together come back apart. `random` is from 0 to 1.
 */
export function backoff(
  failures: number,
  { baseMs, maxMs }: BackoffSettings,
  random: number = Math.random(),
): number {
  return random * Math.min(maxMs, baseMs * 2 ** failures);
}
