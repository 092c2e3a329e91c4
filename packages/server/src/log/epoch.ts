import { randomBytes } from 'node:crypto';

/** The identity of a log that begins: 16 random characters of the base64url alphabet. */
export function newEpoch(): string {
  return randomBytes(12).toString('base64url');
}
