import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Recorder } from '../history-file.ts';

/** Records once a second how this process is, and calls a function then. Returns the function that ends this. */
export function startSampling(recorder: Recorder, then: () => void): () => void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const timer = setInterval(() => {
    recorder.record({ type: 'sample', loopDelayMs: delay.max / 1e6, rssBytes: process.memoryUsage.rss() });
    delay.reset();
    then();
  }, 1_000);
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}
