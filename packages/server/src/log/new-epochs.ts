import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { OptionError } from '../errors.ts';
import { openLogFile } from './sqlite-file.ts';
import { SqliteLog } from './sqlite-log.ts';

/**
 * Begins a new epoch in every log of a SQLite file. Needed once after an older copy of the file was put back: its
 * offsets would otherwise be given away a second time, and whoever had received the first ones would take the second
 * ones for duplicates. Every subscriber that comes back is told of a gap, `epoch_changed`, and gets what is retained.
 *
 * @returns how many topics the file holds.
 * @throws {OptionError} naming `path`, when there is no such file or it is no log.
 * @throws {LogUnavailableError} when a server has the file open.
 */
export function beginNewEpochs(path: string): number {
  const file = resolve(path);
  if (!existsSync(file)) throw new OptionError('path', `${path} does not exist`);
  const log = new SqliteLog(openLogFile(file));
  try {
    return log.renewEpochs();
  } finally {
    log.close();
  }
}
