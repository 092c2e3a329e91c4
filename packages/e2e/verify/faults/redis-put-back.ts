import { cp, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { wait } from './fault.ts';
import { redisFault } from './redis-fault.ts';

/** Every node has seen something that is younger than a copy of this age. */
const COPY_AGE_MS = { least: 2_500, most: 4_000 };

/** Redis is killed, and started again on a copy of its data that was made some seconds before. */
export const redisPutBack = {
  ...redisFault({ name: 'redis_put_back', weight: 2, newEpochs: true }, (redis, _, random) => {
    let lostBytes = 0;
    return {
      durationMs: 0,
      async begin() {
        const server = await redis.master();
        const data = join(server.folder, 'appendonlydir');
        const copy = join(server.folder, 'copy');
        const size = await copyUnchanged(data, copy);
        await wait(random.between(COPY_AGE_MS.least, COPY_AGE_MS.most));
        await server.kill();
        lostBytes = (await sizeOf(data)) - size;
        await rm(data, { recursive: true });
        await cp(copy, data, { recursive: true });
        await rm(copy, { recursive: true });
        await server.restart();
      },
      end: () => Math.max(0, lostBytes),
    };
  }),
  unavailable: ({ cluster: { redis } }: { cluster: { redis?: { sentinels?: unknown } | undefined } }) => {
    if (redis === undefined) return 'no Redis';
    return redis.sentinels === undefined ? undefined : 'a replica that has younger data';
  },
};

/** Copies the files, which Redis may be about to replace by others. Returns the size of the copy. */
async function copyUnchanged(data: string, copy: string): Promise<number> {
  for (;;) {
    const before = await manifestOf(data);
    await cp(data, copy, { recursive: true });
    if ((await manifestOf(data)) === before) return sizeOf(copy);
    await rm(copy, { recursive: true });
  }
}

const manifestOf = (folder: string) => readFile(join(folder, 'appendonly.aof.manifest'), 'utf8');

/** Of the file that grows. */
async function sizeOf(folder: string): Promise<number> {
  const name = /file (\S+) seq \d+ type i/.exec(await manifestOf(folder))?.[1] ?? '';
  return (await stat(join(folder, name))).size;
}
