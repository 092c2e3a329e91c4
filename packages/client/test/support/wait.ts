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

/** A promise and the function that fulfils it. */
export function gate() {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
