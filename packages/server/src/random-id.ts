import { randomFillSync } from 'node:crypto';

const BYTES = 12;
/** Drawn for many at once, which is cheaper. */
const random = Buffer.alloc(BYTES * 256);
let used = random.length;

/** 16 random characters of the base64url alphabet, as epochs and ids of sessions are. */
export function randomId(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const begin = used;
  used += BYTES;
  return random.toString('base64url', begin, used);
}
