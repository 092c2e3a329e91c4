import { setTimeout as wait } from 'node:timers/promises';

/** Waits until something can be observed that nobody announces. What it says is built when it gave up. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  tell: () => string,
  { timeoutMs = 20_000, everyMs = 20 } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${tell()} (waited ${timeoutMs} ms)`);
    await wait(everyMs);
  }
}
