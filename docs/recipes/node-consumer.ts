import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createClient, type PositionStore } from '@vitalwire/client';
import { getToken } from './get-token.ts';

/** Positions in a file, so that a restarted process goes on where it was. */
function positionsIn(path: string): PositionStore {
  const positions = new Map<string, string>(existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []);
  return {
    load: (key) => positions.get(key),
    save(key, position) {
      positions.set(key, position);
      writeFileSync(`${path}.new`, JSON.stringify([...positions]));
      renameSync(`${path}.new`, path);
    },
  };
}

const client = createClient({
  url: 'ws://127.0.0.1:8000/ws',
  getToken,
  positions: positionsIn('positions.json'),
  onGap: ({ diagnosisId, reason }) => console.error(`diagnosis ${diagnosisId}: ${reason}`),
});
process.once('SIGTERM', () => client.close());

// The position moves when the loop asks for the next publication: after the line was written.
for await (const { offset, type, data } of client.subscribe(123)) {
  appendFileSync('diagnosis-123.log', `${JSON.stringify({ offset, type, data })}\n`);
}
