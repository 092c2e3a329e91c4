import { crc32 } from 'node:zlib';

/** Of the fields of a row: SQLite itself would not notice a byte that changed on the disk. */
export function checksumOf(...fields: readonly (string | number | null)[]): number {
  return crc32(fields.join('\0'));
}
