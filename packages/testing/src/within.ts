/** Rejects when a promise takes too long. What it says is built then, so that it can print what did happen. */
export async function within<T>(timeoutMs: number, promise: Promise<T>, tell: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${tell()} (waited ${timeoutMs} ms)`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until something can be observed, for conditions that nobody announces. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  tell: () => string,
  timeoutMs = 5_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${tell()} (waited ${timeoutMs} ms)`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
