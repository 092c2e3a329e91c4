import { resolve } from 'node:path';
import { OptionError } from '../errors.ts';
import { refuseUnknown } from '../options.ts';
import {
  LOCAL_LOG_OPTIONS,
  type LocalLogOptions,
  LocalLogStore,
  resolveLocalOptions,
} from './local-log-store.ts';
import type { LogStore } from './log-store.ts';
import { openLogFile } from './sqlite-file.ts';
import { SqliteLog } from './sqlite-log.ts';

/** Options of `sqliteLog`. */
export interface SqliteLogOptions extends LocalLogOptions {
  /**
   * The file. It is created when missing, with its folder, readable for this user only; SQLite keeps a second one beside
   * it (`-wal`) that belongs to it. Only one process can have it open, on a local disk.
   */
  path: string;
}

/**
 * A log store in one SQLite file. What it has acknowledged survives `kill -9` and the loss of power. After an I/O error
 * (a full disk is none) every call rejects until the file is opened again.
 *
 * @throws {OptionError} naming the option that cannot be used: `path` also when the file is no log, or was written by a
 *   newer version.
 * @throws {LogUnavailableError} when another process has the file open.
 */
export function sqliteLog(options: SqliteLogOptions): LogStore {
  refuseUnknown(options, ['path', ...LOCAL_LOG_OPTIONS], '');
  const { path, ...local } = options;
  const settings = resolveLocalOptions(local);
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw new OptionError('path', 'must name a file');
  }
  if (path === ':memory:') throw new OptionError('path', 'must name a file; memoryLog() needs none');
  return new LocalLogStore(new SqliteLog(openLogFile(resolve(path))), settings);
}
