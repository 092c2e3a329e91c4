// A server in a process of its own, started by ServerProcess. It speaks with its parent over the IPC channel.
import { flushCompileCache } from 'node:module';
import { placePublication } from '@vitalwire/protocol';
import { createServer, type LogStore, memoryLog, redisLog, sqliteLog } from '@vitalwire/server';
import { readPayload } from '@vitalwire/server/verify';
import { fileLogger } from './file-logger.ts';
import { feedback, range } from './publications.ts';
import type { Answer, Call, LogContent, ServerProcessOptions } from './server-process.ts';
import { SECRET } from './tokens.ts';

const { port, path, redis, retention, clockToleranceMs, limits, timing, logFile } = JSON.parse(
  process.argv[2] ?? '{}',
) as ServerProcessOptions & { port: number };
const logger = logFile === undefined ? undefined : fileLogger(logFile);
const kept = { ...(retention && { retention }), ...(logger && { logger }) };
const log = openLog();
// A server that is behind a balancer is not there before it can do its work.
await log.nodes?.check().catch(() => {});
const server = createServer({
  auth: { secret: SECRET, ...(clockToleranceMs !== undefined && { clockToleranceMs }) },
  log,
  ...(logger && { logger }),
  ...(limits && { limits }),
  ...(timing && { timing }),
});

process.on('disconnect', () => process.exit(1)); // no orphan when the parent is gone
process.on('message', (call: Call) => {
  execute(call).then(
    (result) => process.send?.({ id: call.id, result } satisfies Answer),
    (error: unknown) => process.send?.({ id: call.id, error: String(error) } satisfies Answer),
  );
});

const { port: taken } = await server.listen({ port });
flushCompileCache(); // now, since this process is not going to end by itself
process.send?.({ id: 0, result: taken } satisfies Answer);

function openLog(): LogStore {
  if (redis !== undefined) return redisLog({ url: redis, ...kept });
  return path === undefined ? memoryLog(kept) : sqliteLog({ path, ...kept });
}

async function execute(call: Call): Promise<unknown> {
  switch (call.name) {
    case 'publish': {
      const { diagnosisId, first, last, comment } = call;
      const answers = await Promise.all(
        range(first, last).map((number) =>
          server.broadcast.feedbackUpdate(diagnosisId, feedback(number, { ...(comment && { comment }) })),
        ),
      );
      return answers.at(-1);
    }
    case 'memory': {
      // Twice, with turns between: what only finalizers and timers hold is gone then as well.
      for (const _ of [1, 2]) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        globalThis.gc?.();
      }
      return process.memoryUsage();
    }
    case 'revoke':
      return server.revoke(call.userId);
    case 'log':
      return readLog(log, call.diagnosisId);
    case 'close':
      await server.close();
      return undefined;
  }
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
