import { type BackoffSettings, backoff } from './backoff.ts';

/** What surrounds an attempt. */
interface Circumstances {
  readonly report: (error: unknown) => void;
  readonly backoff: BackoffSettings;
}

/**
 * Runs user code until it is done, and reports each failure. `'retry'` runs it again, with waits that grow from those
 * after `failures`; `'skip'` counts a failure as done; `'stop'` does not. False when it is not done, also because nobody
 * waits for it any more, as the signal says.
 */
export async function attempt(
  run: () => unknown,
  policy: 'retry' | 'skip' | 'stop',
  signal: AbortSignal,
  { report, backoff: growth }: Circumstances,
  failures = 0,
): Promise<boolean> {
  for (let n = failures; !signal.aborted; n++) {
    if (n > 0) await pause(backoff(n - 1, growth), signal);
    if (signal.aborted) break;
    try {
      await run();
      return true;
    } catch (error) {
      // What was given up because nobody waits for it did not go wrong.
      if (error !== signal.reason) report(error);
    }
    if (policy !== 'retry') return policy === 'skip';
  }
  return false;
}

/** Waits, until the signal at most. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
