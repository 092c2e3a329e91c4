import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Recorder } from '@vitalwire/server/verify';

const EVERY_MS = 1_000;
const RESOLUTION_MS = 10;

/** Records about once a second how late this process is itself. Returns the function that ends this. */
export function sampleLoop(recorder: Recorder): () => void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const timer = setInterval(() => {
    // The histogram holds the time between two looks, which is the resolution when nothing is late.
    const loopDelayMs = Math.max(0, delays.max / 1e6 - RESOLUTION_MS);
    recorder.record({ type: 'sample', loopDelayMs, rssBytes: process.memoryUsage.rss() });
    delays.reset();
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    delays.disable();
  };
}
