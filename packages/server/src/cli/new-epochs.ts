import { Command } from 'commander';
import { LogUnavailableError } from '../errors.ts';
import { beginNewEpochs } from '../log/new-epochs.ts';
import { beginNewLineage } from '../log/redis/new-lineage.ts';
import { logFileIn, option } from './options.ts';

interface NewEpochsFlags {
  data?: string;
  log?: string;
}

/** `vitalwire new-epochs`: makes an older copy of the log usable after it was put back. */
export function newEpochsCommand(): Command {
  return new Command('new-epochs')
    .description(
      'Begin new epochs. Run it once after putting back an older copy of the log, before the server starts.',
    )
    .addOption(option('--data <folder>', 'folder of the SQLite log'))
    .addOption(option('--log <address>', 'address of Redis, such as redis://127.0.0.1:6379'))
    .action(async (flags: NewEpochsFlags) => {
      const which = await begin(flags);
      console.log(`new epochs begun: ${which}; every subscriber that comes back is told of a gap`);
    });
}

async function begin({ data, log }: NewEpochsFlags): Promise<string> {
  if (data !== undefined && log === undefined) return `${beginNewEpochs(logFileIn(data))}`;
  if (log === undefined || data !== undefined) {
    throw new Error('give either --data FOLDER of a SQLite log, or --log redis://…');
  }
  try {
    await beginNewLineage(log);
  } catch (error) {
    const reason =
      error instanceof LogUnavailableError && error.cause instanceof Error ? error.cause : undefined;
    throw reason === undefined ? error : new Error(`Redis cannot be used: ${reason.message}`);
  }
  return 'all';
}
