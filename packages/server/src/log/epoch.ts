import { randomFillSync } from 'node:crypto';

const BYTES = 12;
/** Drawn for many at once, which is cheaper. */
const random = Buffer.alloc(BYTES * 256);
let used = random.length;

/** The identity of a log that begins: 16 random characters of the base64url alphabet. */
export function newEpoch(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const begin = used;
  used += BYTES;
  return random.toString('base64url', begin, used);
}
