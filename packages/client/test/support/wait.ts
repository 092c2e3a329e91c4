import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when `condition` holds; rejects after `timeoutMs`, printing what `arrived` shows. */
export async function until(
  condition: () => boolean,
  arrived: () => unknown = () => undefined,
  timeoutMs = 5_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not in time: ${condition}; arrived: ${JSON.stringify(arrived())}`);
    await sleep(2);
  }
}
