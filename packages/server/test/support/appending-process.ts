// Appends as fast as it can, until it is killed, and writes every acknowledged position to its output:
// node appending-process.ts <file> <name of this run>
import { writeSync } from 'node:fs';
import { sqliteLog } from '../../src/log/sqlite.ts';

const [, , path, run] = process.argv;
if (path === undefined || run === undefined) throw new Error('usage: appending-process.ts <file> <run>');

const WRITERS = 12;
const TOPICS = 3;

const store = sqliteLog({ path, retention: { publications: Infinity } });

/** Waits for each append before the next, so that at most one of a writer is in flight. */
async function write(writer: number): Promise<never> {
  const topic = 1 + (writer % TOPICS);
  for (let counter = 1; ; counter += 1) {
    const text = `${run}.${writer}.${counter}`;
    const { position } = await store.append(topic, { text, idempotency: { key: text, memo: run ?? '' } });
    say(`${topic} ${position.epoch} ${position.offset} ${text}\n`);
    if (counter % 10 === 0) await store.receive([{ topic, userId: `${writer}`, position }]);
  }
}

/** At once: what is still in a buffer of this process would die with it. */
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      // The pipe is full until the reader has caught up.
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
