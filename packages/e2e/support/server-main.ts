// A server in a process of its own, started by ServerProcess.
import { placePublication } from '@vitalwire/protocol';
import type { LogStore, VitalwireServer } from '@vitalwire/server';
import { readPayload } from '@vitalwire/server/verify';
import { serveProcess } from '@vitalwire/testing';
import { feedback, range } from './publications.ts';
import type { LogContent, PublishCall } from './server-process.ts';

// On the bare log store and the system's clock: nothing may stand between these tests and what they judge.
await serveProcess({ steered: false }, (server, log) => ({
  publish: (call: PublishCall) => publish(server, call),
  memory,
  log: (diagnosisId: number) => readLog(log, diagnosisId),
}));

async function publish(server: VitalwireServer, { diagnosisId, first, last, comment }: PublishCall) {
  const answers = await Promise.all(
    range(first, last).map((number) =>
      server.broadcast.feedbackUpdate(diagnosisId, feedback(number, { ...(comment && { comment }) })),
    ),
  );
  return answers.at(-1);
}

async function memory(): Promise<NodeJS.MemoryUsage> {
  // Twice, with turns between: what only finalizers and timers hold is gone then as well.
  for (const _ of [1, 2]) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc?.();
  }
  return process.memoryUsage();
}

/** Everything that is retained, also what is addressed to somebody. */
async function readLog(store: LogStore, diagnosisId: number): Promise<LogContent> {
  const entries: LogContent['entries'] = [];
  for (;;) {
    const after = entries.at(-1)?.offset ?? 0;
    const page = await store.read(diagnosisId, after, { publications: 1_000, size: 1 << 20 });
    const { epoch, earliest, top } = page;
    for (const { offset, text } of page.publications) {
      const { data } = JSON.parse(placePublication(text, { epoch, offset }));
      entries.push({ offset, id: readPayload(data)?.id ?? '' });
    }
    if (page.publications.length === 0) return { epoch, earliest, top, entries };
  }
}
